"""Text for Slack and from Slack: nothing that documents or people wrote can act as markup."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

LINE_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
JOINERS = "\u200c\u200d"
BARE_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)[^\s`<>\ue000-\uf8ff]*", re.I)
LONGEST_URL = 300

# Look-alikes for the characters by which mrkdwn formats.
LOOK_ALIKES = str.maketrans({"*": "∗", "`": "ˋ", "~": "∼"})
OUTER_UNDERSCORES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
QUOTE_MARK = re.compile(r"^(\s*)>", re.MULTILINE)


def escape(text: str) -> str:
    """The text as mrkdwn that shows it literally: no mention, link, image or formatting."""
    return neutral(clean(text))


def clean(text: str) -> str:
    """Without invisible characters: controls, zero width, bidirectional, tags, private use."""
    lines = LINE_BREAKS.sub("\n", text).replace("\t", " ")
    return "".join(
        char for place, char in enumerate(lines) if char == "\n" or is_shown(lines, place, char)
    )


def is_shown(text: str, place: int, char: str) -> bool:
    # Joiners make emoji and some scripts' ligatures; anywhere else they only hide text.
    if char in JOINERS:
        return is_joinable(text[place - 1 : place]) and is_joinable(text[place + 1 : place + 2])
    if "\ufe00" <= char <= "\ufe0f" and not is_joinable(text[place - 1 : place]):
        return False
    if "\U000e0100" <= char <= "\U000e01ef" or char in "\u115f\u1160\u3164\uffa0\u034f":
        return False
    return unicodedata.category(char) not in HIDDEN


def is_joinable(char: str) -> bool:
    return char > "\x7f" and char not in JOINERS and unicodedata.category(char) not in HIDDEN


def neutral(text: str) -> str:
    """Clean text with its markup taken away; a bare address is shown as code, never linked."""
    text, out, end = QUOTE_MARK.sub(r"\1›", text), [], 0
    for match in BARE_URL.finditer(text):
        address = match[0].rstrip(".,;:!?)]}'\"*_~")
        start = match.start()
        out += [literal(text[end:start]), code(address)]
        end = start + len(address)
    return "".join([*out, literal(text[end:])])


def literal(text: str) -> str:
    plain = OUTER_UNDERSCORES.sub(lambda run: "ˍ" * len(run[0]), text)
    return entities(plain.translate(LOOK_ALIKES))


def entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Inline code; an address inside code stays text."""
    inside = " ".join(clean(text).replace("`", "ˋ").split())
    if len(inside) > LONGEST_URL:
        inside = inside[:LONGEST_URL] + "…"
    return f"`{entities(inside)}`" if inside else ""


def one_line(text: str, longest: int) -> str:
    """The text on one line, cut at a word if it is longer, and not escaped yet."""
    line = " ".join(clean(text).split())
    if len(line) <= longest:
        return line
    head = line[: longest - 1]
    return (head[: head.rfind(" ")] if " " in head[longest // 2 :] else head).rstrip() + "…"


def link(uri: str, label: str) -> str:
    """A link to a citation's document; the label alone if the address is not a web page's."""
    address = web_address(uri)
    # Slack ends the address at the first bar, and the label at the first angle bracket.
    shown = literal(" ".join(clean(label).split())).replace("|", "∣")
    if not address:
        return escape(label)
    return f"<{address}|{shown or entities(address)}>"


def web_address(uri: str) -> str:
    """The address made safe for a link; empty unless it is plain http or https."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    if len(uri) > 2000 or clean(uri) != uri or re.search(r"[\s\\]", uri):
        return ""
    return entities(quote(uri, safe="%/:?#[]@!$&'()*+,;=~-._"))


SPECIAL = re.compile(r"<([^<>]*)>")


def to_plain(text: str, bot_user: str) -> str:
    """What a person wrote: Slack's escapes turned back, mentions of the bot taken out."""
    without_bot = re.sub(rf"<@{re.escape(bot_user)}(\|[^<>]*)?>", " ", text)
    shown = SPECIAL.sub(lambda match: meant(match[1]), without_bot)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def meant(special: str) -> str:
    """What stands between < and > in a message: a person, a channel, a call to all or a link."""
    target, _, label = special.partition("|")
    if target.startswith(("@", "#")):
        return target[0] + (label or target[1:]).removeprefix(target[0])
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    return label or target.removeprefix("mailto:")
