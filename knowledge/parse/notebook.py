"""Jupyter notebooks: prose as it is, code and its printed results in fences."""

import json
from collections.abc import Iterator
from typing import Any

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.markdown import clean, first_heading
from knowledge.parse.text import normalise, title_from
from knowledge.parse.webpage import to_markdown

MAX_OUTPUT_LINES = 40
MAX_OUTPUT_CHARACTERS = 4_000
_LARGEST_TABLE = 200_000


def parse(data: bytes, name: str) -> ParsedDocument:
    try:
        cells, language = _open(json.loads(data))
        text = normalise("\n\n".join(part for cell in cells for part in _parts(cell, language)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParseError("is damaged or not really .ipynb; open it and save it again") from error
    return ParsedDocument(first_heading(text) or title_from(name), text)


def _open(notebook: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    # Version 3 kept its cells in worksheets.
    sheets = notebook.get("worksheets") or [notebook]
    language = notebook.get("metadata", {}).get("language_info", {}).get("name", "python")
    return [cell for sheet in sheets for cell in sheet["cells"]], str(language)


def _parts(cell: dict[str, Any], language: str) -> Iterator[str]:
    source = _joined(cell.get("source", cell.get("input", ""))).strip()
    if cell["cell_type"] != "code":
        yield clean(source)
    elif source:
        yield _fence(source, language)
        yield from filter(None, map(_output, cell.get("outputs", ())))


def _output(output: dict[str, Any]) -> str:
    """What a cell printed; tables and markdown as they are, the rest in a fence."""
    data = output.get("data", output)
    html = _joined(data.get("text/html", ""))
    if "<table" in html and len(html) <= _LARGEST_TABLE:
        return to_markdown(html).text
    if written := _joined(data.get("text/markdown", "")).strip():
        return clean(written[:MAX_OUTPUT_CHARACTERS])
    printed = _joined(output.get("text", data.get("text/plain", ""))).strip("\n").rstrip()
    lines = printed[:MAX_OUTPUT_CHARACTERS].split("\n")[:MAX_OUTPUT_LINES]
    return _fence("\n".join(lines)) if printed else ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _fence(text: str, language: str = "") -> str:
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text}\n{marks}"
