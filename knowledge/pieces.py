"""A section's blocks as groups of pieces: groups stay whole where they fit, pieces always."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowledge.blocks import Block
from knowledge.sentences import lines, prose_sentences
from knowledge.tokens import Count

_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text within the budget; `sentence` when it was cut out of a paragraph."""

    start: int
    end: int
    tokens: int
    sentence: bool = False


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts blocks for one text, one budget and one way of counting."""

    text: str
    max_tokens: int
    count: Count

    def fits(self, start: int, end: int) -> bool:
        return self.count(self.text[start:end]) <= self.max_tokens

    def groups(self, blocks: list[Block]) -> Iterator[list[Piece]]:
        """A list with its sub-items, and the line ending in a colon with what it introduces."""
        run: list[Block] = []
        for block in blocks:
            if run and not self._belongs(run, block):
                yield [piece for member in run for piece in self._pieces(member)]
                run = []
            run += [block] if block.kind != "rule" else []
        if run:
            yield [piece for member in run for piece in self._pieces(member)]

    def _belongs(self, run: list[Block], block: Block) -> bool:
        last = run[-1]
        if block.kind == "rule":
            return False
        if any(member.kind == "item" for member in run) and last.kind != "table":
            return block.kind == "item" or block.indent > run[0].indent
        introduces = last.kind == "prose" and self.text[last.end - 1] in ":："
        return introduces and block.kind in ("item", "table", "code")

    def _pieces(self, block: Block) -> list[Piece]:
        whole = self._piece(block.start, block.end)
        return [whole] if whole.tokens <= self.max_tokens else list(self._cut(block))

    def _cut(self, block: Block) -> Iterator[Piece]:
        by_line = block.kind in ("table", "code")
        split = lines if by_line else prose_sentences
        for start, end in split(self.text, block.start, block.end):
            yield from self._fitting(self._piece(start, end, sentence=not by_line))

    def _fitting(self, piece: Piece) -> Iterator[Piece]:
        """A sentence beyond the budget in even parts, cut between words where it has any."""
        if piece.tokens <= self.max_tokens or piece.end - piece.start < 2:
            yield piece
            return
        for start, end in pairwise(self._cuts(piece)):
            if self.text[start:end].strip():
                yield from self._fitting(self._trimmed(start, end))

    def _cuts(self, piece: Piece) -> list[int]:
        # A little below the budget, for words differ in length; what is still beyond is cut again.
        parts = min(1 + int(1.1 * piece.tokens / self.max_tokens), piece.end - piece.start)
        step = (piece.end - piece.start) // parts
        places = [piece.start + number * step for number in range(1, parts)]
        cuts = (self._between_words(place, step) for place in places)
        return sorted({piece.start, *cuts, piece.end})

    def _between_words(self, place: int, step: int) -> int:
        space = _SPACE.search(self.text, place, place + step - 1)
        return space.start() if space else place

    def _trimmed(self, start: int, end: int) -> Piece:
        text = self.text[start:end]
        return self._piece(end - len(text.lstrip()), start + len(text.rstrip()))

    def _piece(self, start: int, end: int, *, sentence: bool = False) -> Piece:
        return Piece(start, end, self.count(self.text[start:end]), sentence)
