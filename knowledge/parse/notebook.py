"""Jupyter notebooks: prose as it is, code and its printed results in fences."""

import json
from collections.abc import Iterator
from typing import Any

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.markdown import clean, first_heading
from knowledge.parse.text import normalise, title_from

MAX_OUTPUT_LINES = 40


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
        yield from (_fence(text) for text in map(_printed, cell.get("outputs", ())) if text)


def _printed(output: dict[str, Any]) -> str:
    data = output.get("data", output)
    lines = _joined(output.get("text", data.get("text/plain", ""))).strip().split("\n")
    return "\n".join(lines[:MAX_OUTPUT_LINES])


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _fence(text: str, language: str = "") -> str:
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text}\n{marks}"
