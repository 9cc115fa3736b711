"""Tables of a page made plain: layout taken apart, and each row with all that it says."""

from __future__ import annotations

from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

MAX_REPEATED = 5_000
_PARTS = ["table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup"]


def make_plain(soup: BeautifulSoup) -> None:
    """Tables that hold tables only place them; a cell over several rows is said in each."""
    parts = soup.find_all(_PARTS)
    home = {id(part): part.find_parent("table") for part in parts}
    layout = {id(home[id(part)]) for part in parts if part.name == "table"}
    for part in parts:
        own = part if part.name == "table" else home[id(part)]
        if id(own) in layout:
            part.name = "div"
    budget = _Budget(MAX_REPEATED)
    for part in parts:
        if part.name == "table":
            _Grid(soup, budget).fill(part)


@dataclass(slots=True)
class _Budget:
    cells: int


@dataclass(slots=True)
class _Grid:
    """What still reaches down into the next rows: how many, and the text, by column."""

    soup: BeautifulSoup
    budget: _Budget
    reaching: dict[int, tuple[int, str]] = field(default_factory=dict)

    def fill(self, table: Tag) -> None:
        if table.find(rowspan=True) is None:
            return
        for row in table.find_all("tr"):
            self._row(row)

    def _row(self, row: Tag) -> None:
        column = 0
        for cell in row.find_all(["td", "th"]):
            while column in self.reaching and self.budget.cells > 0:
                cell.insert_before(self._repeated(column))
                column += 1
            rows, columns = _span(cell, "rowspan"), _span(cell, "colspan")
            if rows > 1:
                self.reaching |= dict.fromkeys(range(column, column + columns), (rows, ""))
                self.reaching[column] = (rows, cell.get_text(" ", strip=True))
            column += columns
        for last in [reached for reached in self.reaching if reached >= column]:
            if self.budget.cells > 0:
                row.append(self._repeated(last))
        left = {c: (rows - 1, text) for c, (rows, text) in self.reaching.items()}
        self.reaching = {c: (rows, text) for c, (rows, text) in left.items() if rows > 0}

    def _repeated(self, column: int) -> Tag:
        self.budget.cells -= 1
        cell = self.soup.new_tag("td")
        cell.string = self.reaching[column][1]
        return cell


def _span(cell: Tag, name: str) -> int:
    stated = str(cell.get(name) or "")
    return min(int(stated), 1000) if stated.isdecimal() and len(stated) < 6 else 1
