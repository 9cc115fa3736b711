"""A document's markdown as Slack's mrkdwn, in pieces that may stand alone in a block."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.mrkdwn import clean, code, entities, escape, neutral

# Reference definitions would swallow text and take the brackets of citation marks away.
PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
PARSER.disable(["reference", "html_block", "html_inline"])

# Private-use characters, which `clean` takes out of every text, stand for marks until the end.
MARKS = {"strong": "\ue000", "em": "\ue001", "s": "\ue002"}
CODE = "\ue003"
SHOWN = str.maketrans({"\ue000": "*", "\ue001": "_", "\ue002": "~"})
FENCE = "```"
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, list, table …: formatted, and plain for where it has to be cut."""

    text: str
    plain: str
    preformatted: bool = False


def to_pieces(markdown: str) -> list[Piece]:
    root = SyntaxTreeNode(PARSER.parse(clean(markdown)))
    return [piece for node in root.children if (piece := to_piece(node)).text.strip()]


def to_mrkdwn(markdown: str, longest: int) -> list[str]:
    """The text in parts of at most `longest` characters, cut between its pieces where possible."""
    parts: list[str] = []
    for piece in to_pieces(markdown):
        for text in fitted(piece, longest):
            if parts and len(parts[-1]) + 2 + len(text) <= longest:
                parts[-1] += "\n\n" + text
            else:
                parts.append(text)
    return parts


def flat(markdown: str) -> str:
    """Only the words, on one line, and not escaped yet."""
    words = [piece.plain for piece in to_pieces(markdown)]
    return " ".join(" ".join(words).split())


def fitted(piece: Piece, longest: int) -> list[str]:
    if len(piece.text) <= longest:
        return [piece.text]
    if piece.preformatted:
        room = longest - 2 * len(FENCE) - 2
        return [fenced(part) for part in cut(entities(piece.plain.replace("`", "ˋ")), room)]
    return cut(escape(piece.plain), longest)


def cut(text: str, longest: int) -> list[str]:
    """Cut escaped text at line ends, else between words, and never inside an entity."""
    parts = []
    while len(text) > longest:
        head = text[:longest]
        end = max(head.rfind("\n"), head.rfind(" "))
        if end < longest // 2:
            end = longest if "&" not in head[-4:] else head.rfind("&")
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [part for part in [*parts, text] if part]


def to_piece(node: SyntaxTreeNode) -> Piece:
    if node.type in ("fence", "code_block"):
        source = clean(node.content).strip("\n")
        return Piece(fenced(entities(source.replace(FENCE, "ˋˋˋ"))), source, preformatted=True)
    if node.type == "table":
        source = table(node)
        return Piece(fenced(entities(source.replace(FENCE, "ˋˋˋ"))), source, preformatted=True)
    return Piece("\n".join(lines(node)), words_of(node))


def fenced(text: str) -> str:
    return f"{FENCE}\n{text}\n{FENCE}" if text.strip() else ""


def lines(node: SyntaxTreeNode) -> Iterator[str]:
    """A block as lines of mrkdwn."""
    if node.type == "heading":
        heading = escape(" ".join(words_of(node).split()))
        yield f"*{heading}*" if heading and "`" not in heading else heading
    elif node.type == "paragraph":
        yield from "".join(map(inline, node.children)).split("\n")
    elif node.type in ("bullet_list", "ordered_list"):
        for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
            yield from listed(item, f"{number}. " if node.type == "ordered_list" else "• ")
    elif node.type == "blockquote":
        yield from (f"> {line}" for child in node.children for line in lines(child))
    elif node.type == "hr":
        yield "———"
    else:
        yield from to_piece(node).text.split("\n")


def listed(item: SyntaxTreeNode, mark: str) -> Iterator[str]:
    for place, line in enumerate(line for child in item.children for line in lines(child)):
        yield mark + line if place == 0 else INDENT + line


def words_of(node: SyntaxTreeNode) -> str:
    """The words below a node without any marks; blocks are separated by line ends."""
    if node.type in ("text", "code_inline", "fence", "code_block"):
        return clean(node.content)
    if node.type in ("softbreak", "hardbreak"):
        return " "
    between = "" if node.type in ("inline", *MARKS, "link", "image") else "\n"
    return between.join(map(words_of, node.children))


@dataclass(slots=True)
class Inline:
    """A line of text under construction: its marks and code are still private characters."""

    text: str = ""
    codes: list[str] = field(default_factory=list)


def inline(node: SyntaxTreeNode) -> str:
    """Inline text as mrkdwn."""
    made = Inline()
    collect(node, made)
    shown = neutral(without_loose_marks(made.text)).translate(SHOWN)
    for source in made.codes:
        shown = shown.replace(CODE, source, 1)
    return shown


def collect(node: SyntaxTreeNode, made: Inline) -> None:
    if node.type == "text":
        made.text += clean(node.content)
    elif node.type == "code_inline":
        made.codes.append(code(node.content))
        made.text += CODE
    elif node.type in ("softbreak", "hardbreak"):
        made.text += " " if node.type == "softbreak" else "\n"
    else:
        mark = MARKS.get(node.type, "")
        made.text += mark
        for child in node.children:
            collect(child, made)
        made.text += mark


def without_loose_marks(text: str) -> str:
    """Drop the marks that Slack would show as characters instead of formatting by them."""
    for mark in MARKS.values():
        pieces = text.split(mark)
        text = pieces[0]
        for place in range(1, len(pieces) - 1, 2):
            inside, after = pieces[place], pieces[place + 1]
            shown = mark if formats(text, inside, after) else loose(text, after)
            text += shown + inside + shown + after
    return text


def loose(before: str, after: str) -> str:
    """Nothing, unless it was a sign between numbers: 5*3*2."""
    return "∗" if before[-1:].isdigit() and after[:1].isdigit() else ""


def formats(before: str, inside: str, after: str) -> bool:
    free = not before[-1:].isalnum() and not after[:1].isalnum()
    return free and bool(inside.strip()) and inside == inside.strip() and "\n" not in inside


def table(node: SyntaxTreeNode) -> str:
    """Rows with their columns aligned."""
    rows = [
        [" ".join(words_of(cell).split()) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(map(width, column)) for column in zip(*rows, strict=False)]
    shown = ["  ".join(map(padded, row, widths)).rstrip() for row in rows]
    return "\n".join([shown[0], "  ".join("─" * size for size in widths), *shown[1:]])


def padded(text: str, size: int) -> str:
    return text + " " * (size - width(text))


def width(text: str) -> int:
    """Columns on the screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
