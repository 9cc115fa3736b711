"""The pieces of HTML the page may show. Everything passes `clean`: bot text is never trusted."""

import html
from typing import Protocol

import nh3

from bot.workspace.emoji import EMOJI, NAME

TAGS = {
    *("strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "br", "p", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "a", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
SCHEMES = {"http", "https", "mailto", "tel"}


def _own_address(url: str) -> str | None:
    """A place in this workspace; what a browser may take for another host or scheme is none."""
    return None if ":" in url or "\\" in url or url.startswith("//") else url


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "span": {"title", "data-user", "data-channel"}, "ol": {"start"}},
    allowed_classes={"span": {"mention", "broadcast", "channel", "emoji"}},
    url_schemes=SCHEMES,
    url_relative=_own_address,
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


class Names(Protocol):
    """Who and where an id is; None if there is no such user or channel."""

    def user_name(self, user: str) -> str | None: ...

    def channel_name(self, channel: str) -> str | None: ...


def clean(markup: str) -> str:
    """Only the tags and attributes the page expects; no script, handler, style or odd link."""
    # Half a surrogate pair, which JSON can carry, is no character that could be shown.
    return _cleaner.clean(markup.encode("utf-8", "replace").decode())


def plain(text: str) -> str:
    """A `plain_text` object: no markup but emoji."""
    return clean(with_emoji(text).replace("\n", "<br>"))


def with_emoji(text: str) -> str:
    """Escaped text in which the `:names:` we know are emoji."""
    out, end = [], 0
    for match in NAME.finditer(text):
        out += [html.escape(text[end : match.start()]), emoji(match[1])]
        end = match.end()
    return "".join([*out, html.escape(text[end:])])


def emoji(name: str) -> str:
    character = EMOJI.get(name)
    if character is None:
        return html.escape(f":{name}:")
    return f'<span class="emoji" title=":{name}:">{character}</span>'


def mention(user: str, names: Names, label: str = "") -> str:
    name = names.user_name(user) or label or user
    return f'<span class="mention" data-user="{html.escape(user)}">@{html.escape(name)}</span>'


def channel_link(channel: str, names: Names, label: str = "") -> str:
    name = names.channel_name(channel) or label or channel
    return (
        f'<span class="channel" data-channel="{html.escape(channel)}">#{html.escape(name)}</span>'
    )


def broadcast(group: str) -> str:
    return f'<span class="mention broadcast">@{html.escape(group)}</span>'


def link(url: str, label: str = "") -> str:
    return f'<a href="{html.escape(url)}">{html.escape(label or url)}</a>'


def is_safe_url(url: object) -> bool:
    """A web address; relative ones stay on this workspace."""
    if not isinstance(url, str):
        return False
    return url.startswith(("https://", "http://")) or (
        url.startswith("/") and _own_address(url) is not None
    )
