"""The tables of reStructuredText as markdown: drawn, set in columns, or as directives."""

import csv
import re
from collections.abc import Iterator
from itertools import pairwise

from knowledge.parse.grid import markdown_table

Rows = list[list[str]]

_GRID = re.compile(r"\s*\+(?:[-=]{2,}\+)+\s*$")
_COLUMNS = re.compile(r"\s*={2,}(?: +={2,})+\s*$")
_RULE = re.compile(r"[\s+=-]*$")
_HEADER = re.compile(r"\s+:header:\s*(.+)")
_OPTION = re.compile(r"\s+:[\w-]+:")


def drawn_tables(lines: list[str]) -> Iterator[str]:
    """The lines with grid tables and simple tables replaced."""
    position = endless = 0
    while position < len(lines):
        line, after = lines[position], position + 1
        table = ""
        if _GRID.match(line):
            after = _end_of_grid(lines, position)
            table = markdown_table(_grid(lines[position:after]))
        elif position >= endless and _COLUMNS.match(line):
            end, closed = _end_of_columns(lines, position)
            # Where one has no end, no other that begins before has one: keeps this linear.
            endless, after = (0, end) if closed else (end, after)
            table = markdown_table(_simple(lines[position:end])) if closed else ""
        yield from ("", *table.split("\n"), "") if table else [line]
        position = after


def list_table(lines: list[str]) -> str:
    """What stands below `.. list-table::`: a list of rows of lists of cells."""
    rows: Rows = []
    for line in lines:
        if row := re.match(r"\s*\* +-(?: +(.*))?$", line):
            rows.append([row[1] or ""])
        elif rows and (cell := re.match(r"\s*-(?: +(.*))?$", line)):
            rows[-1].append(cell[1] or "")
        elif rows and not _OPTION.match(line):
            rows[-1][-1] += f" {line.strip()}"
    return markdown_table(rows)


def csv_table(lines: list[str]) -> str:
    """What stands below `.. csv-table::`; a file that it names is not opened."""
    header = [match[1] for line in lines if (match := _HEADER.match(line))]
    body = [line.strip() for line in lines if line.strip() and not _OPTION.match(line)]
    try:
        return markdown_table(csv.reader([*header, *body], skipinitialspace=True))
    except csv.Error:
        return "\n".join(body)


def _end_of_grid(lines: list[str], position: int) -> int:
    while position < len(lines) and lines[position].lstrip()[:1] in ("+", "|"):
        position += 1
    return position


def _end_of_columns(lines: list[str], position: int) -> tuple[int, bool]:
    """Where the table ends, and whether by the border that nothing follows."""
    for last in range(position + 1, len(lines)):
        ends = last + 1 == len(lines) or not lines[last + 1].strip()
        if ends and _COLUMNS.match(lines[last]):
            return last + 1, True
        if ends and not lines[last].strip():
            return last, False
    return len(lines), False


def _grid(lines: list[str]) -> Rows:
    borders = [match.start() for match in re.finditer(r"\+", lines[0])]
    rows: Rows = []
    row = [""] * (len(borders) - 1)
    for line in lines[1:]:
        if line.lstrip().startswith("+"):
            rows.append(row)
            row = [""] * (len(borders) - 1)
        else:
            row = [f"{have} {more}" for have, more in zip(row, _cells(line, borders), strict=True)]
    return rows


def _cells(line: str, borders: list[int]) -> list[str]:
    """By the lines between them where all are there: letters may be wide."""
    cells = line.strip()[1:-1].split("|")
    if len(cells) != len(borders) - 1:
        cells = [line[left + 1 : right] for left, right in pairwise(borders)]
    return ["" if _RULE.match(cell) else cell.strip("| ") for cell in cells]


def _simple(lines: list[str]) -> Rows:
    if not lines:
        return []
    starts = [match.start() for match in re.finditer(r"=+", lines[0])]
    ends = [*starts[1:], None]
    rows: Rows = []
    for line in lines[1:]:
        if not line.strip() or _RULE.match(line):
            continue
        row = [line[left:right].strip() for left, right in zip(starts, ends, strict=True)]
        if row[0] or not rows:
            rows.append(row)
        else:
            rows[-1] = [f"{have} {more}" for have, more in zip(rows[-1], row, strict=True)]
    return rows
