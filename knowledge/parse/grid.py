"""Rows of cells as a markdown table, for every format that has rows."""

from collections.abc import Iterable, Iterator
from itertools import islice

MAX_ROWS = 20_000
MAX_COLUMNS = 200


def markdown_table(rows: Iterable[Iterable[str]]) -> str:
    """The first row is the header; empty rows and the rest of a huge table are left out."""
    filled = (row for row in map(_cells, rows) if any(row))
    kept = list(islice(filled, MAX_ROWS + 1))
    left_out = sum(1 for _ in filled)
    width = max(map(len, kept), default=0)
    text = "\n".join(_lines(kept, width))
    if left_out:
        text += f"\n\n(The first {MAX_ROWS:,} rows; {left_out:,} more are left out.)"
    return text


def _cells(row: Iterable[str]) -> list[str]:
    cells = [" ".join(cell.split()).replace("|", "\\|") for cell in islice(row, MAX_COLUMNS)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _lines(rows: list[list[str]], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield "| " + " | ".join(row + [""] * (width - len(row))) + " |"
        if number == 0:
            yield "|" + " --- |" * width
