"""`rich_text` blocks as safe HTML."""

import html
from collections.abc import Callable
from typing import Any

from bot.workspace.objects import Json
from bot.workspace.safe_html import (
    Names,
    broadcast,
    channel_link,
    clean,
    emoji,
    link,
    mention,
    with_emoji,
)

_STYLES = (("code", "code"), ("strike", "del"), ("italic", "em"), ("bold", "strong"))


def rich_text(block: Json, names: Names) -> str:
    return clean("".join(_part(part, names) for part in _elements(block)))


def _part(part: Json, names: Names) -> str:
    kind = part.get("type")
    if kind == "rich_text_list":
        tag = "ol" if part.get("style") == "ordered" else "ul"
        items = "".join(f"<li>{_inline(item, names)}</li>" for item in _elements(part))
        return f"<{tag}>{items}</{tag}>"
    if kind == "rich_text_preformatted":
        return f"<pre><code>{_inline(part, names)}</code></pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{_breaks(_inline(part, names))}</blockquote>"
    return _breaks(_inline(part, names))


def _inline(part: Json, names: Names) -> str:
    return "".join(_styled(element, names) for element in _elements(part))


def _styled(element: Json, names: Names) -> str:
    text = _LEAVES.get(str(element.get("type")), _unknown)(element, names)
    style = element.get("style")
    chosen = style if isinstance(style, dict) else {}
    for name, tag in _STYLES:
        if chosen.get(name):
            text = f"<{tag}>{text}</{tag}>"
    return text


def _unknown(element: Json, names: Names) -> str:
    return html.escape(str(element.get("fallback", "")))


def _text(element: Json, names: Names) -> str:
    return with_emoji(str(element.get("text", "")))


def _link(element: Json, names: Names) -> str:
    return link(str(element.get("url", "")), str(element.get("text") or ""))


_LEAVES: dict[str, Callable[[Json, Names], str]] = {
    "text": _text,
    "link": _link,
    "user": lambda element, names: mention(str(element.get("user_id", "")), names),
    "channel": lambda element, names: channel_link(str(element.get("channel_id", "")), names),
    "emoji": lambda element, names: emoji(str(element.get("name", ""))),
    "broadcast": lambda element, names: broadcast(str(element.get("range", ""))),
}


def _breaks(text: str) -> str:
    return text.replace("\n", "<br>")


def _elements(part: Json) -> list[Any]:
    """The children that are objects; anything else in a bot's block is dropped."""
    return [e for e in part.get("elements") or [] if isinstance(e, dict)]
