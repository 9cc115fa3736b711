"""Confluence's HTML for export as a page that reads well: its macros as plain HTML."""

import re
from html import escape

from bs4 import BeautifulSoup, Tag

MOST_TAGS = 50_000
"""Larger pages are left as they are: they are taken apart here, where no limit of memory holds."""

_BRUSH = re.compile(r"brush:\s*([\w#+-]+)")
_PANELS = {
    "confluence-information-macro-information": "Info",
    "confluence-information-macro-note": "Note",
    "confluence-information-macro-tip": "Tip",
    "confluence-information-macro-warning": "Warning",
}


def readable(title: str, html: str) -> bytes:
    """A whole page, with the title as its first heading."""
    body = html if html.count("<") > MOST_TAGS else _without_macros(html)
    name = escape(title)
    head = f'<meta charset="utf-8"><title>{name}</title>'
    return f"<html><head>{head}</head><body><h1>{name}</h1>\n{body}\n</body></html>".encode()


def _without_macros(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    for part in soup.select(".toc-macro, .confluence-information-macro-icon"):
        part.decompose()
    for code in soup.select("pre[data-syntaxhighlighter-params]"):
        brush = _BRUSH.search(str(code["data-syntaxhighlighter-params"]))
        code.attrs = {"class": f"language-{brush[1]}"} if brush else {}
    for panel in soup.select(".confluence-information-macro"):
        _as_quote(soup, panel)
    for folded in soup.select(".expand-content"):
        # What can be unfolded is hidden by its style until then.
        del folded["style"]
    for task in soup.select("ul.inline-task-list > li"):
        done = "checked" in task.get_attribute_list("class")
        task.insert(0, "[x] " if done else "[ ] ")
    return str(soup)


def _as_quote(soup: BeautifulSoup, panel: Tag) -> None:
    kinds = (_PANELS.get(str(name)) for name in panel.get_attribute_list("class"))
    panel.name = "blockquote"
    label = soup.new_tag("p")
    label.string = f"{next(filter(None, kinds), 'Info')}:"
    panel.insert(0, label)
