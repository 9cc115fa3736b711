"""Markdown's blocks with their offsets, in one pass over the lines.

A full CommonMark parser takes the indented prose of MDX components for code and slows down on
hostile input; here time grows with the text, whatever it holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from knowledge.parse.codespans import closes_fence, opened_fence

Kind = Literal["heading", "code", "table", "item", "prose", "rule"]

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_SETEXT = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*$")
ITEM = re.compile(r"[ \t]*(?:[-*+•‣◦▪]|\d{1,9}[.)])(?:[ \t]+|$)")
_LONGEST_HEADING = 200


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a fenced block, a table, one item of a list, a paragraph or a line across."""

    kind: Kind
    start: int
    end: int
    indent: int = 0
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def blocks(text: str) -> Iterator[Block]:
    """The blocks in order; together they hold all of the text but the blank lines between them."""
    lines = list(_lines(text))
    position = 0
    while position < len(lines):
        if lines[position].blank:
            position += 1
            continue
        kind, after, level = _read(lines, position)
        first, last = lines[position], lines[after - 1]
        # The indentation of code and of a list says something; elsewhere it is the component's.
        start = first.start + (0 if kind in ("code", "item") else first.indent)
        end = start + len(text[start : last.end].rstrip())
        yield Block(kind, start, end, first.indent, level)
        position = after


def _lines(text: str) -> Iterator[_Line]:
    offset = 0
    for line in text.split("\n"):
        yield _Line(line, offset)
        offset += len(line) + 1


def _read(lines: list[_Line], position: int) -> tuple[Kind, int, int]:
    """The kind of the block that begins here, the line after it, and a heading's level."""
    line = lines[position].text
    if marks := opened_fence(line):
        return "code", _code(lines, position + 1, marks), 0
    if level := _atx(line):
        return "heading", position + 1, level
    if level := _setext(lines, position):
        return "heading", position + 2, level
    if _is_rule(line):
        return "rule", position + 1, 0
    if _begins_table(lines, position):
        return "table", _table(lines, position + 1), 0
    if ITEM.match(line):
        return "item", _prose(lines, position + 1), 0
    return "prose", _prose(lines, position + 1), 0


def _code(lines: list[_Line], position: int, marks: str) -> int:
    while position < len(lines):
        position += 1
        if closes_fence(lines[position - 1].text, marks):
            break
    return position


def _prose(lines: list[_Line], position: int) -> int:
    while position < len(lines) and not (lines[position].blank or _interrupts(lines, position)):
        position += 1
    return position


def _interrupts(lines: list[_Line], position: int) -> bool:
    line = lines[position].text
    return bool(
        opened_fence(line)
        or _atx(line)
        or _is_rule(line)
        or ITEM.match(line)
        or _begins_table(lines, position)
    )


def _table(lines: list[_Line], position: int) -> int:
    while position < len(lines) and "|" in lines[position].text:
        position += 1
    return position


def _atx(line: str) -> int:
    match = _ATX.match(line)
    return len(match[1]) if match and len(line) <= _LONGEST_HEADING else 0


def _setext(lines: list[_Line], position: int) -> int:
    """Only a single short line is underlined: below more, a row of dashes is a line across."""
    line = lines[position].text
    below = lines[position + 1].text if position + 1 < len(lines) else ""
    if len(line) > _LONGEST_HEADING or not _SETEXT.match(below) or _is_other(lines, position):
        return 0
    return 1 if "=" in below else 2


def _is_other(lines: list[_Line], position: int) -> bool:
    line = lines[position].text
    return bool(_is_rule(line) or ITEM.match(line) or "|" in line or _SETEXT.match(line))


def _is_rule(line: str) -> bool:
    marks = line.replace(" ", "").strip()
    return len(marks) >= 3 and marks[0] in "-*_=" and len(set(marks)) == 1


def _begins_table(lines: list[_Line], position: int) -> bool:
    line = lines[position].text
    if line.lstrip().startswith("|"):
        return True
    below = lines[position + 1].text if position + 1 < len(lines) else ""
    return "|" in line and "|" in below and "-" in below and set(below) <= set("|:- \t")
