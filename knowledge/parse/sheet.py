"""Spreadsheets: each sheet a heading and a table of the values that people see."""

import io
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from knowledge.documents import ParsedDocument
from knowledge.parse.archive import check_archive
from knowledge.parse.errors import ParseError
from knowledge.parse.grid import markdown_table
from knowledge.parse.sheet_looks import Looks
from knowledge.parse.sheet_rows import SheetRows
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
    looks = Looks(book)
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible" and (
            table := markdown_table(SheetRows(book, sheet, looks))
        ):
            yield f"## {one_line(sheet.title)}\n\n{table}"
