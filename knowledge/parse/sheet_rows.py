"""The rows of a worksheet that people see, each with all that it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import range_boundaries
from openpyxl.worksheet._reader import WorkSheetParser

from knowledge.parse.grid import MAX_COLUMNS
from knowledge.parse.sheet_looks import Looks

_BLOCK = 1 << 20
_LONGEST_MARK = 100
_MOST_MERGED = 10_000
_MARK = re.compile(
    rb"[<:](?:(autoFilter|tablePart)\b|mergeCell ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\")"
)


@dataclass(slots=True)
class _Marks:
    """What the file says of its rows behind them: whether a filter is set, and merged cells.

    `merged` holds, by the top left cell's row and column, the last row.
    """

    filtered: bool = False
    merged: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, mark: re.Match[bytes]) -> None:
        if mark[1]:
            self.filtered = True
        elif len(self.merged) < _MOST_MERGED:
            left, top, _, bottom = range_boundaries(mark[2].decode())
            if bottom > top:
                self.merged[top, left] = bottom


@dataclass(slots=True)
class SheetRows:
    """Hidden rows and columns are left out, but not what a filter or a folded group hides.

    A cell that is merged over several rows is said in each of them.
    """

    book: Any
    sheet: Any
    looks: Looks
    _reaching: dict[int, tuple[int, str]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[list[str]]:
        marks = self._marks()
        with self.sheet._get_source() as source:
            parser = self._parser(source)
            hidden: set[int] | None = None
            for number, cells in parser.parse():
                said = parser.row_dimensions.pop(str(number), {})
                hidden = _hidden_columns(parser) if hidden is None else hidden
                row = self._row(number, cells, marks)
                if marks.filtered or not _is_hidden(said):
                    yield [
                        row.get(c, "") for c in range(1, max(row, default=0) + 1) if c not in hidden
                    ]

    def _marks(self) -> _Marks:
        marks, rest = _Marks(), b""
        with self.sheet._get_source() as source:
            while block := source.read(_BLOCK):
                text, end = rest + block, 0
                for mark in _MARK.finditer(text):
                    marks.add(mark)
                    end = mark.end()
                rest = text[max(end, len(text) - _LONGEST_MARK) :]
        return marks

    def _parser(self, source: Any) -> Any:
        return WorkSheetParser(
            source,
            self.sheet._shared_strings,
            data_only=True,
            epoch=self.book.epoch,
            date_formats=self.book._date_formats,
            timedelta_formats=self.book._timedelta_formats,
        )

    def _row(self, number: int, cells: list[dict[str, Any]], marks: _Marks) -> dict[int, str]:
        row = {c: text for c, (last, text) in self._reaching.items() if number <= last}
        for cell in cells:
            column = cell["column"]
            if column <= MAX_COLUMNS and (
                text := self.looks.shown(cell["value"], cell["style_id"])
            ):
                row[column] = text
                if last := marks.merged.get((number, column)):
                    self._reaching[column] = (last, text)
        return row


def _is_hidden(said: dict[str, str]) -> bool:
    return said.get("hidden") in ("1", "true") and said.get("outlineLevel", "0") == "0"


def _hidden_columns(parser: Any) -> set[int]:
    hidden: set[int] = set()
    for said in parser.column_dimensions.values():
        if _is_hidden(said):
            hidden |= set(range(int(said["min"]), min(int(said["max"]), MAX_COLUMNS) + 1))
    return hidden
