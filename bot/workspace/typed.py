"""What a person typed, as Slack stores it: escaped text and a rich_text block."""

import re

from bot.workspace.emoji import EMOJI
from bot.workspace.mrkdwn import unescape
from bot.workspace.objects import Json

# Tokens that the composer inserts are kept as they are; everything else is typed text.
_TOKEN = re.compile(
    r"<@(?P<user>[UWB]\w+)(?:\|[^>\n]*)?>"
    r"|<#(?P<channel>[CDG]\w+)(?:\|[^>\n]*)?>"
    r"|<!(?P<broadcast>channel|here|everyone)>"
    r"|<(?P<marked>https?://[^\s<>|]+)>"
    r"|(?P<link>https?://[^\s<>|]*[^\s<>|.,;:!?)\]'\"])"
    r"|:(?P<emoji>[a-z0-9_+-]{1,50}):"
)


def slack_text(typed: str) -> str:
    """`a < b & <@U1>` → `a &lt; b &amp; <@U1>`; web addresses become `<https://…>`."""
    out, end = [], 0
    for match in _TOKEN.finditer(typed):
        out += [_escape(typed[end : match.start()]), _token_text(match)]
        end = match.end()
    return "".join([*out, _escape(typed[end:])])


def typed_text(text: str) -> str:
    """The reverse, for the editor: mentions stay, links lose their brackets."""
    return unescape(re.sub(r"<(https?://[^\s<>|]+)>", r"\1", text))


def rich_text_block(typed: str, block_id: str) -> Json:
    """The block that Slack adds to every message of a person."""
    elements: list[Json] = []
    end = 0
    for match in _TOKEN.finditer(typed):
        elements += [*_plain(typed[end : match.start()]), _element(match)]
        end = match.end()
    elements += _plain(typed[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _token_text(match: re.Match[str]) -> str:
    url = match["marked"] or match["link"]
    return f"<{_escape(url)}>" if url else match[0]


def _plain(text: str) -> list[Json]:
    return [{"type": "text", "text": text}] if text else []


def _element(match: re.Match[str]) -> Json:
    kind = match.lastgroup
    if kind == "user":
        return {"type": "user", "user_id": match["user"]}
    if kind == "channel":
        return {"type": "channel", "channel_id": match["channel"]}
    if kind == "broadcast":
        return {"type": "broadcast", "range": match["broadcast"]}
    if kind == "emoji":
        return _emoji(match["emoji"])
    return {"type": "link", "url": match["marked"] or match["link"]}


def _emoji(name: str) -> Json:
    character = EMOJI.get(name)
    if character is None:
        return {"type": "text", "text": f":{name}:"}
    return {"type": "emoji", "name": name, "unicode": "-".join(f"{ord(c):x}" for c in character)}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
