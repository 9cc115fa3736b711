"""Notion's blocks and properties as markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Block = Mapping[str, Any]
Children = Callable[[str], Iterable[Block]]
"""Gives the blocks directly below the one with this id."""

_DEEPEST = 30
_INDENT = "    "

# A page's title is its first heading, so all others go one down.
_STARTS = {
    "heading_1": "## ",
    "heading_2": "### ",
    "heading_3": "#### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "quote": "> ",
    "callout": "> ",
}
_ITEMS = {"bulleted_list_item", "numbered_list_item", "to_do"}
_QUOTES = {"quote", "callout"}
# Documents of their own, or nothing that is written there.
_CLOSED = {"child_page", "child_database", "table"}
_MARKS = (("code", "`"), ("bold", "**"), ("italic", "*"), ("strikethrough", "~~"))


def page_markdown(title: str, facts: Iterable[str], blocks: str) -> str:
    listed = "\n".join(facts)
    return "\n\n".join(filter(None, (f"# {title}", listed, blocks)))


def blocks_markdown(blocks: Iterable[Block], children: Children, depth: int = 0) -> str:
    """The blocks and what is nested in them; items of one list stay together."""
    text, before = "", ""
    for block in blocks:
        kind = str(block["type"])
        piece = _block(block, kind, children, depth)
        if piece:
            together = kind in _ITEMS and before in _ITEMS
            text += ("\n" if together else "\n\n" if text else "") + piece
            before = kind
    return text


def _block(block: Block, kind: str, children: Children, depth: int) -> str:
    own = _own_text(block[kind], kind, block, children)
    if not block.get("has_children") or kind in _CLOSED or depth >= _DEEPEST:
        return own
    below = blocks_markdown(children(str(block["id"])), children, depth + 1)
    if kind in _ITEMS:
        return f"{own}\n{_prefixed(below, _INDENT)}"
    if kind in _QUOTES:
        return f"{own}\n>\n{_prefixed(below, '> ')}"
    return "\n\n".join(filter(None, (own, below)))


def _own_text(content: Mapping[str, Any], kind: str, block: Block, children: Children) -> str:
    text = rich_text(content.get("rich_text", ()))
    if kind == "code":
        return _code(content)
    if kind == "table":
        return _table(children(str(block["id"])))
    if kind == "equation":
        return f"$${content['expression']}$$"
    if kind == "divider":
        return "---"
    if kind in ("child_page", "child_database"):
        return str(content.get("title", ""))
    if kind == "to_do":
        return f"- [{'x' if content.get('checked') else ' '}] {_one_paragraph(text, _INDENT)}"
    if kind == "toggle":
        return f"**{plain(content['rich_text'])}**" if text else ""
    if not text:
        return _linked(content)
    inner = "> " if kind in _QUOTES else _INDENT if kind in _ITEMS else ""
    return _STARTS.get(kind, "") + _one_paragraph(text, inner, kind.startswith("heading"))


def _one_paragraph(text: str, inner: str, one_line: bool = False) -> str:
    return text.replace("\n", " " if one_line else f"\n{inner}")


def _linked(content: Mapping[str, Any]) -> str:
    """Bookmarks, embeds, pictures and files: what they are called, and where a bookmark leads."""
    caption = rich_text(content.get("caption", ()))
    name, address = str(content.get("name") or ""), str(content.get("url") or "")
    if address:
        return f"[{plain(content.get('caption', ())) or address}]({address})"
    return caption or name


def _code(content: Mapping[str, Any]) -> str:
    code = plain(content["rich_text"])
    language = str(content.get("language") or "").replace("plain text", "")
    fence = "```"
    while fence in code:
        fence += "`"
    caption = rich_text(content.get("caption", ()))
    block = f"{fence}{language.split(' ')[0]}\n{code}\n{fence}"
    return "\n\n".join(filter(None, (block, caption)))


def _table(rows: Iterable[Block]) -> str:
    cells = [[_cell(cell) for cell in row["table_row"]["cells"]] for row in rows]
    if not cells:
        return ""
    head, *body = cells
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(spans: Iterable[Mapping[str, Any]]) -> str:
    return rich_text(spans).replace("|", "\\|").replace("\n", " ")


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip() for line in text.split("\n"))


def plain(spans: Iterable[Mapping[str, Any]]) -> str:
    return "".join(str(span.get("plain_text", "")) for span in spans)


def rich_text(spans: Iterable[Mapping[str, Any]]) -> str:
    return "".join(map(_span, spans))


def _span(span: Mapping[str, Any]) -> str:
    text = str(span.get("plain_text", ""))
    inner = text.strip()
    if not inner:
        return text
    if span.get("type") == "equation":
        return f"${inner}$"
    marked = inner
    for style, mark in _MARKS:
        if span.get("annotations", {}).get(style):
            marked = f"{mark}{marked}{mark}"
    # Links within Notion have no host and lead nowhere from here.
    address = str(span.get("href") or "")
    if address.startswith(("http://", "https://", "mailto:")):
        marked = f"[{marked}]({address})"
    # Marks with a space inside are none.
    start = text.index(inner)
    return f"{text[:start]}{marked}{text[start + len(inner) :]}"


def title_of(properties: Mapping[str, Any]) -> str:
    titles = (value for value in properties.values() if value.get("type") == "title")
    return next((plain(value["title"]) for value in titles), "").strip() or "Untitled"


def facts_of(properties: Mapping[str, Any]) -> Iterator[str]:
    """A database row's columns, one line each; empty ones and the title are left out."""
    for name, value in sorted(properties.items()):
        shown = "" if value.get("type") == "title" else _value(value).replace("\n", " ").strip()
        if shown:
            yield f"- **{name}:** {shown}"


def _value(value: Mapping[str, Any]) -> str:
    kind = str(value.get("type", ""))
    content = value.get(kind)
    if kind == "rich_text":
        return rich_text(content or ())
    if kind in ("formula", "rollup") and isinstance(content, Mapping):
        return _value(content)
    if kind == "checkbox" or isinstance(content, bool):
        return "yes" if content else "no"
    if kind == "date" and isinstance(content, Mapping):
        return " – ".join(filter(None, (content.get("start"), content.get("end"))))
    if kind == "unique_id" and isinstance(content, Mapping):
        return "-".join(str(part) for part in (content.get("prefix"), content["number"]) if part)
    if isinstance(content, list):
        return ", ".join(filter(None, map(_item, content)))
    if isinstance(content, Mapping):
        return str(content.get("name") or "")
    return "" if content is None else str(content)


def _item(item: object) -> str:
    """One of several: an option, a person, a file, or a value that a rollup shows."""
    if not isinstance(item, Mapping):
        return str(item)
    if item.get("type") == "title":
        return plain(item["title"])
    return str(item.get("name") or "") or _value(item)
