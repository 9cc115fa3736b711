"""Spreadsheets: each sheet a heading and a table of the values that people see."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from knowledge.documents import ParsedDocument
from knowledge.parse.archive import check_archive
from knowledge.parse.errors import ParseError
from knowledge.parse.grid import markdown_table
from knowledge.parse.text import normalise, one_line, title_from


def parse(data: bytes, name: str) -> ParsedDocument:
    check_archive(data, ".xlsx")
    try:
        # Formulas are read as the values last computed.
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        text = "\n\n".join(_sheets(book))
    except (BadZipFile, OSError, KeyError, ValueError, TypeError, InvalidFileException) as error:
        raise ParseError("is damaged or not really .xlsx; open it and save it again") from error
    return ParsedDocument(title_from(name), normalise(text))


def _sheets(book: Any) -> Iterator[str]:
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            # The stated size may be a lie of a million columns.
            sheet.reset_dimensions()
            table = markdown_table(map(_shown, row) for row in sheet.iter_rows(values_only=True))
            if table:
                yield f"## {one_line(sheet.title)}\n\n{table}"


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value)
