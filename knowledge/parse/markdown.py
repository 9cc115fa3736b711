"""Markdown and MDX: front matter, scripts, comments and tags go, the prose stays as written."""

import re
from collections.abc import Iterator

from knowledge.documents import ParsedDocument
from knowledge.parse.codespans import Code, closes_fence, opened_fence
from knowledge.parse.markup import without_markup
from knowledge.parse.text import decode, normalise, one_line, tidy, title_from

_FRONT_MATTER = re.compile(r"\s*(---|\+\+\+)[ \t]*\n")
_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(.+)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+)$", re.MULTILINE)
_PICTURE_BYTES = re.compile(r"data:[\w.+-]{1,80}/[\w.+;=-]{1,120},[A-Za-z0-9+/=%_-]{40,}+")
_CLOSING_MARKS = re.compile(r"[ \t]#+[ \t]*$|\{#[^{}]*\}[ \t]*$")
_STATEMENT = re.compile(
    r"(import\s.*[\"']|import\s*\{\s*$|export\s+(const|default|function|let|async)\b)"
)


def parse(data: bytes, name: str) -> ParsedDocument:
    text, title = _front_matter(normalise(decode(data)))
    mdx = name.lower().endswith(".mdx")
    text = clean(_without_statements(text) if mdx else text, components=mdx)
    return ParsedDocument(title or first_heading(text) or title_from(name), text)


def clean(text: str, *, components: bool = False) -> str:
    """Markdown without tags, comments, hidden parts and the bytes of pictures."""
    return tidy(without_markup(_PICTURE_BYTES.sub("", text), components=components))


def first_heading(text: str) -> str:
    """The text of the first level-one heading, or nothing."""
    code = None
    for match in _HEADING.finditer(text):
        code = code or Code(text)
        if match.start() not in code:
            return one_line(_CLOSING_MARKS.sub("", match[1]).strip("*_` "))
    return ""


def _front_matter(text: str) -> tuple[str, str]:
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return text, ""
    closing = text.find(f"\n{opening[1]}", opening.end() - 1)
    after = text.find("\n", closing + 1) + 1 or len(text)
    if closing < 0 or text[closing:after].strip() != opening[1]:
        return text, ""
    title = _TITLE.search(text, opening.end(), closing + 1)
    return text[after:], one_line(title[1].strip().strip("\"'")) if title else ""


def _without_statements(text: str) -> str:
    """MDX's import and export statements, each dropped up to where its brackets close."""
    return "\n".join(_prose_lines(text.split("\n")))


def _prose_lines(lines: list[str]) -> Iterator[str]:
    marks, depth = None, 0
    for line in lines:
        if marks:
            marks = None if closes_fence(line, marks) else marks
        elif depth > 0 or _STATEMENT.match(line):
            depth = max(0, depth + _opened_brackets(line))
            continue
        else:
            marks = opened_fence(line)
            # Components indent their content; MDX has no indented code, so a heading stays one.
            line = line.lstrip() if line.lstrip().startswith("#") else line
        yield line


def _opened_brackets(line: str) -> int:
    return sum(line.count(mark) for mark in "{([") - sum(line.count(mark) for mark in "})]")
