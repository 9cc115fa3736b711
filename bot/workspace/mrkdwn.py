"""Slack's own markup (`mrkdwn`) as safe HTML."""

import html
import re
from collections import deque
from collections.abc import Sequence

from bot.workspace.safe_html import (
    SCHEMES,
    Names,
    broadcast,
    channel_link,
    clean,
    link,
    mention,
    with_emoji,
)

_FENCED = re.compile(r"\n?```\n?(.*?)\n?```\n?", re.DOTALL)
_BULLET = re.compile(r"\s*[•◦▪-]\s+(?=\S)")
_NUMBER = re.compile(r"\s*(\d{1,9})\.\s+(?=\S)")
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<control>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<del>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
)


def mrkdwn(text: str, names: Names) -> str:
    """Mentions, links, *bold*, _italic_, ~strike~, `code`, ```blocks```, > quotes and lists."""
    out, end = [], 0
    for match in _FENCED.finditer(text):
        out.append(_lines(text[end : match.start()], names))
        out.append(f"<pre><code>{_escape(match[1])}</code></pre>")
        end = match.end()
    return clean("".join([*out, _lines(text[end:], names)]))


def _lines(text: str, names: Names) -> str:
    """Quotes and lists are made of whole lines; the others end with <br>."""
    out: list[str] = []
    lines = deque(text.split("\n"))
    while lines:
        marker = next((m for m in (_QUOTE, _BULLET, _NUMBER) if m.match(lines[0])), None)
        if marker is None:
            out.append(_inline(lines.popleft(), names) + ("<br>" if lines else ""))
        else:
            out.append(_group(marker, _take(lines, marker), names))
    return "".join(out)


def _take(lines: deque[str], marker: re.Pattern[str]) -> list[str]:
    """Remove the lines at the start that carry the marker, and return them."""
    taken = []
    while lines and marker.match(lines[0]):
        taken.append(lines.popleft())
    return taken


def _group(marker: re.Pattern[str], lines: Sequence[str], names: Names) -> str:
    bodies = [_inline(marker.sub("", line, count=1), names) for line in lines]
    if marker is _QUOTE:
        return f"<blockquote>{'<br>'.join(bodies)}</blockquote>"
    items = "".join(f"<li>{body}</li>" for body in bodies)
    number = _NUMBER.match(lines[0])
    return f'<ol start="{number[1]}">{items}</ol>' if number else f"<ul>{items}</ul>"


def _inline(text: str, names: Names) -> str:
    out, end = [], 0
    for match in _INLINE.finditer(text):
        out.append(with_emoji(unescape(text[end : match.start()])))
        out.append(_styled(match, names))
        end = match.end()
    return "".join([*out, with_emoji(unescape(text[end:]))])


def _styled(match: re.Match[str], names: Names) -> str:
    kind = match.lastgroup or ""
    body = match[kind]
    if kind == "code":
        return f"<code>{_escape(body)}</code>"
    if kind == "control":
        return _control(body, names)
    return f"<{kind}>{_inline(body, names)}</{kind}>"


def _control(body: str, names: Names) -> str:
    """What stands between < and >: a mention, a channel, a call to all, a date or a link."""
    target, _, label = body.partition("|")
    target, label = unescape(target), unescape(label)
    if target.startswith("@"):
        return mention(target[1:], names, label)
    if target.startswith("#"):
        return channel_link(target[1:], names, label)
    if target in ("!channel", "!here", "!everyone"):
        return broadcast(target[1:])
    if target.startswith("!"):
        return html.escape(label or f"<{target}>")
    scheme, colon, _ = target.partition(":")
    if colon and scheme.lower() in SCHEMES:
        return link(target, label)
    return _escape(f"<{body}>")


def unescape(text: str) -> str:
    """Slack escapes exactly these three characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escape(text: str) -> str:
    return html.escape(unescape(text))
