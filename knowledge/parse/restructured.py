"""reStructuredText: headings, code and admonitions as markdown, without comments and roles."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.documents import ParsedDocument
from knowledge.parse.markdown import first_heading
from knowledge.parse.text import decode, normalise, title_from

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"(\s*)\.\. ([\w:-]+)::(?: (.*))?$")
_ROLE = re.compile(r":[\w:+.-]{1,40}:`([^`<>]{1,200})(?: ?<[^`<>]{0,200}>)?`")
_LINK = re.compile(r"`([^`<>]{1,200}) <([^`<>\s]{1,500})>`__?")
_OPTION = re.compile(r"\s+:[\w-]+:(\s|$)")
_CODE = {"code-block", "code", "sourcecode", "parsed-literal"}
_SILENT = {
    *("contents", "toctree", "image", "raw", "index", "include", "literalinclude", "meta"),
    *("highlight", "default-role"),
}


def parse(data: bytes, name: str) -> ParsedDocument:
    text = "\n".join(_blocks(_headings(normalise(decode(data)).split("\n"))))
    return ParsedDocument(first_heading(text) or title_from(name), text)


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
            yield from inside.content(line)
    yield from inside.closing() if inside else ()


@dataclass(slots=True)
class _Inside:
    """The indented content of a directive, a literal block or a comment."""

    indent: int
    code: bool
    begun: bool = False

    def ends(self, line: str) -> bool:
        return bool(line.strip()) and _indent(line) <= self.indent

    def content(self, line: str) -> list[str]:
        self.begun |= bool(line.strip()) and not _OPTION.match(line)
        return [line] if self.code and self.begun else []

    def closing(self) -> list[str]:
        return ["```", ""] if self.code else []


def _opened(line: str) -> tuple[_Inside | None, list[str]]:
    if directive := _DIRECTIVE.match(line):
        return _directive(_indent(line), directive[2].lower(), (directive[3] or "").strip())
    if line.lstrip().startswith(".. "):
        return _Inside(_indent(line), code=False), []
    if line.rstrip().endswith("::"):
        return _Inside(_indent(line), code=True), [_inline(line.rstrip()[:-1]), "", "```"]
    return None, [] if _OPTION.match(line) else [_inline(line)]


def _directive(indent: int, name: str, argument: str) -> tuple[_Inside | None, list[str]]:
    if name in _CODE:
        return _Inside(indent, code=True), [f"```{argument}"]
    if name in _SILENT:
        return _Inside(indent, code=False), []
    return None, [f"**{name.capitalize()}** {_inline(argument)}".strip()]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _inline(line: str) -> str:
    return _LINK.sub(r"[\1](\2)", _ROLE.sub(lambda role: role[1].strip(), line)).replace("``", "`")
