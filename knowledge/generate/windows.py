"""What is quoted along with a sentence, so that it can be understood: the sentence before it, its
list, or the head of its table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from textwrap import dedent

from knowledge.blocks import Block, blocks
from knowledge.sentences import lines, sentences

BUDGET = 3
"""Parts in an answer; a list that is quoted whole fills it."""
MOST_ITEMS, MOST_LETTERS = 8, 600
"""Of a longer list only the introducing line is quoted, and the item that answers."""
FEW_WORDS, FEW_SIGNS = 5, 8
"""A sentence of fewer says little without the one before it; signs in Chinese and Japanese."""

POINTS_BACK = re.compile(
    r"[\W_]*(?:"
    r"(?:it|its|he|his|she|her|they|their|this|these|those|that|such|both|neither|however"
    r"|therefore|thus|otherwise|instead)\b"
    r"|其(?![他它餘余實实中])|[它她他該该此這这]|兩者|两者|前者|後者|后者|因此|但是|不過|不过|否則|否则)",
    re.IGNORECASE,
)
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
DELIMITER = re.compile(r"[|:\-\s]*-[|:\-\s]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence, an item of a list, a row of a table or a heading, at `text[start:end]`."""

    block: int
    """The number of its block in the passage."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """The places of the parts that are quoted together; `whole` if they are a whole list."""

    places: tuple[int, ...]
    whole: bool = False

    def cost(self, taken: Iterable[int]) -> int:
        """How much of the budget it takes, where the parts in `taken` are quoted already."""
        return BUDGET if self.whole else len(set(self.places).difference(taken))


class Reading:
    """A passage's parts in reading order, and what belongs to each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks = list(blocks(text))
        starts = [block.start for block in self.blocks]
        self.parts = [
            Part(bisect_right(starts, start) - 1, start, end) for start, end in sentences(text)
        ]
        self.lists = list(self.find_lists())
        self.heads = dict(self.find_heads())

    def block(self, place: int) -> Block:
        return self.blocks[self.parts[place].block]

    def quote(self, place: int) -> str:
        return self.text[self.parts[place].start : self.parts[place].end].strip()

    def find_lists(self) -> Iterator[range]:
        """For each part the places of the list that it is in, or its own."""
        for _, run in groupby(range(len(self.parts)), key=self.run):
            places = list(run)
            listed = self.block(places[0]).kind == "item"
            for place in places:
                yield range(places[0], places[-1] + 1) if listed else range(place, place + 1)

    def find_heads(self) -> Iterator[tuple[int, int]]:
        """The blocks that are tables with a head, and its place."""
        for block, run in groupby(range(len(self.parts)), key=lambda i: self.parts[i].block):
            first = next(run)
            # Not where the head is empty: then the first part is a row.
            begins = self.parts[first].start == self.blocks[block].start
            if begins and self.blocks[block].kind == "table" and self.delimiter(block):
                yield block, first

    def delimiter(self, block: int) -> str:
        """The line of dashes below a table's head, if it has one in this passage."""
        rows = list(lines(self.text, self.blocks[block].start, self.blocks[block].end))
        below = self.text[slice(*rows[1])] if len(rows) > 1 else ""
        return below if DELIMITER.fullmatch(below) else ""

    def is_head(self, place: int) -> bool:
        return self.heads.get(self.parts[place].block) == place

    def above(self, place: int) -> int | None:
        """The part that says what this one is about: the line before its list, its table's head."""
        kind = self.block(place).kind
        if kind == "table":
            head = self.heads.get(self.parts[place].block)
            return head if head != place else None
        return self.introduction(self.lists[place][0]) if kind in ("item", "code") else None

    def introduction(self, first: int) -> int | None:
        if not first or self.block(first - 1).kind != "prose":
            return None
        return first - 1 if self.quote(first - 1).endswith((":", "：")) else None

    def is_listed(self, place: int) -> bool:
        return self.block(place).kind == "item"

    def introduced(self, place: int) -> int | None:
        """The part after a line that introduces it."""
        after = place + 1
        known = after < len(self.parts) and self.block(after).kind in ("item", "code")
        return after if known and self.introduction(after) == place else None

    def windows(self, place: int) -> Iterator[Window]:
        """What the part may be quoted in, the best first."""
        below = self.introduced(place)
        above = self.above(place) if below is None else place
        if above is not None:
            members = self.lists[place if below is None else below]
            if self.is_listed(members[0]) and self.is_short(above, members[-1]):
                yield Window((above, *members), whole=True)
            if below is None or not self.is_listed(below):
                yield Window((above, place if below is None else below))
        elif place and self.leans(place) and self.parts[place - 1].block == self.parts[place].block:
            yield Window((place - 1, place))
        if self.block(place).kind != "table" or above is None:
            yield Window((place,))

    def is_short(self, first: int, last: int) -> bool:
        length = self.parts[last].end - self.parts[first].start
        return last - first <= MOST_ITEMS and length <= MOST_LETTERS

    def leans(self, place: int) -> bool:
        """Whether it cannot be understood without the sentence before it."""
        quote = self.quote(place)
        if self.block(place).kind != "prose":
            return False
        few = len(quote) < FEW_SIGNS if UNSPACED.search(quote) else len(quote.split()) < FEW_WORDS
        return few or bool(POINTS_BACK.match(quote))

    def go_on(self, last: int, following: int) -> bool:
        """Whether what follows is read as one with the part before it."""
        return following <= last or (
            following == last + 1 and self.run(last) == self.run(following)
        )

    def show(self, places: Iterable[int]) -> str:
        """The parts as markdown: a paragraph runs on, items and rows are lines with their marks."""
        chosen = sorted(places)
        if len(chosen) == 1:
            return self.quote(chosen[0])
        shown = groupby(chosen, key=self.run)
        return "\n\n".join(self.show_run(list(run)) for _, run in shown)

    def run(self, place: int) -> object:
        """What stands together: the sentences of a block, or the items of a list."""
        return "list" if self.is_listed(place) else self.parts[place].block

    def show_run(self, places: list[int]) -> str:
        block = self.block(places[0])
        if block.kind == "item":
            items = (self.block(place) for place in places)
            return dedent("\n".join(self.text[item.start : item.end] for item in items))
        if block.kind == "table":
            return "\n".join(self.rows(places))
        return self.text[self.parts[places[0]].start : self.parts[places[-1]].end]

    def rows(self, places: list[int]) -> Iterator[str]:
        for place in places:
            yield self.quote(place)
            if self.is_head(place):
                yield self.delimiter(self.parts[place].block)
