"""reStructuredText: headings, code and admonitions as markdown, without comments and roles."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import dedent

from knowledge.documents import ParsedDocument
from knowledge.parse.markdown import first_heading
from knowledge.parse.rst_tables import csv_table, drawn_tables, list_table
from knowledge.parse.text import decode, normalise, tidy, title_from

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"(\s*)\.\. ([\w:-]+)::(?: (.*))?$")
_ROLE = re.compile(r":[\w:+.-]{1,40}:`([^`<>]{1,200})(?: ?<[^`<>]{0,200}>)?`")
_LINK = re.compile(r"`([^`<>]{1,200}) <([^`<>\s]{1,500})>`__?")
_REFERENCE = re.compile(r"(?<!`)`([^`<>]{1,200})`__?(?!\w)|(\[[\w#*.-]{1,80}\])_(?!\w)")
_FOOTNOTE = re.compile(r"\s*\.\. (\[[^\]]{1,80}\] .*)")
_REPLACED = re.compile(r"^[ \t]*\.\. \|([^|\n]{1,80})\| replace:: (.*)$", re.MULTILINE)
_OPTION = re.compile(r"\s+:[\w-]+:(\s|$)")
_LINE_BLOCK = re.compile(r"\s*\|(?: (.*)|)$")
_CODE = {"code-block", "code", "sourcecode", "parsed-literal", "math", "prompt", "doctest"}
_TABLES = {"list-table": list_table, "csv-table": csv_table}
_SILENT = {
    *("contents", "toctree", "image", "raw", "index", "include", "literalinclude", "meta"),
    *("highlight", "default-role", "role", "class", "rst-class", "currentmodule", "sectnum"),
}
_FRAMES = {"figure", "container", "only", "ifconfig", "grid", "tabs", "compound", "epigraph"}
"""Their arguments are for the program, their content for the reader."""


def parse(data: bytes, name: str) -> ParsedDocument:
    source = _replaced(normalise(decode(data)))
    lines = _blocks(_headings(list(drawn_tables(source.split("\n")))))
    text = tidy("\n".join(lines))
    return ParsedDocument(first_heading(text) or title_from(name), text)


def _replaced(text: str) -> str:
    """The text with `|names|` replaced by what they stand for."""
    meant = dict(_REPLACED.findall(text))
    if not meant:
        return text
    return re.sub(r"\|([^|\n]{1,80})\|", lambda name: meant.get(name[1], name[0]), text)


def _headings(lines: list[str]) -> Iterator[str]:
    """Underlined (and overlined) titles as `#` headings; the order of the marks is their level."""
    marks: list[str] = []
    position = 0
    while position < len(lines):
        over = 1 if _overlined(lines, position) else 0
        title, under = lines[position + over], _line(lines, position + over + 1)
        if _is_title(title, under):
            mark = under[0] * (1 + over)
            marks += [] if mark in marks else [mark]
            yield "#" * min(6, marks.index(mark) + 1) + " " + title.strip()
            position += 2 + over
        else:
            yield lines[position]
            position += 1


def _line(lines: list[str], position: int) -> str:
    return lines[position] if position < len(lines) else ""


def _overlined(lines: list[str], position: int) -> bool:
    over, title, under = (_line(lines, position + ahead) for ahead in range(3))
    return bool(_ADORNMENT.match(over)) and over.rstrip() == under.rstrip() and bool(title.strip())


def _is_title(title: str, under: str) -> bool:
    return (
        bool(title.strip())
        and not _ADORNMENT.match(title)
        and bool(_ADORNMENT.match(under))
        and len(under.rstrip()) >= len(title.strip())
    )


def _blocks(lines: Iterator[str]) -> Iterator[str]:
    """Code fenced, comments and silent directives dropped, the rest kept as prose."""
    inside: _Inside | None = None
    for line in lines:
        if inside and inside.ends(line):
            yield from inside.closing()
            inside = None
        if inside is None:
            inside, opening = _opened(line)
            yield from opening
        else:
            inside.content(line)
    yield from inside.closing() if inside else ()


@dataclass(slots=True)
class _Inside:
    """The indented content of a directive, a literal block or a comment."""

    indent: int
    code: bool = False
    table: Callable[[list[str]], str] | None = None
    to_blank_line: bool = False
    begun: bool = False
    lines: list[str] = field(default_factory=list)

    def ends(self, line: str) -> bool:
        if self.to_blank_line:
            return not line.strip()
        return bool(line.strip()) and _indent(line) <= self.indent

    def content(self, line: str) -> None:
        self.begun |= bool(line.strip()) and not _OPTION.match(line)
        if self.table or self.begun:
            self.lines.append(line)

    def closing(self) -> list[str]:
        if self.table:
            return ["", *map(_inline, self.table(self.lines).split("\n")), ""]
        return [*dedent("\n".join(self.lines)).rstrip().split("\n"), "```", ""] if self.code else []


def _opened(line: str) -> tuple[_Inside | None, list[str]]:
    bare = line.lstrip()
    if directive := _DIRECTIVE.match(line):
        return _directive(_indent(line), directive[2].lower(), (directive[3] or "").strip())
    if footnote := _FOOTNOTE.match(line):
        return None, [_inline(footnote[1])]
    if bare.startswith(".. ") or bare == "..":
        return _Inside(_indent(line)), []
    if bare.startswith(">>> "):
        inside = _Inside(_indent(line), code=True, to_blank_line=True, begun=True, lines=[line])
        return inside, ["```"]
    if line.rstrip().endswith("::"):
        return _Inside(_indent(line), code=True), [_inline(line.rstrip()[:-1]), "", "```"]
    if (part := _LINE_BLOCK.match(line)) and not bare.endswith("|"):
        return None, [_inline(part[1] or "")]
    return None, [] if _OPTION.match(line) else [_inline(line)]


def _directive(indent: int, name: str, argument: str) -> tuple[_Inside | None, list[str]]:
    if name in _CODE:
        return _Inside(indent, code=True), [f"```{argument if name != 'math' else name}"]
    if name in _TABLES:
        return _Inside(indent, table=_TABLES[name]), [_inline(argument)]
    if name in _SILENT:
        return _Inside(indent), []
    if name in _FRAMES:
        return None, []
    return None, [f"**{name.capitalize()}** {_inline(argument)}".strip()]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _inline(line: str) -> str:
    line = _LINK.sub(r"[\1](\2)", _ROLE.sub(lambda role: role[1].strip(), line))
    return _REFERENCE.sub(lambda to: to[1] or to[2], line).replace("``", "`")
