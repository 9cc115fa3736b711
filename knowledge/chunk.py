"""A document to passages: by its structure first, then by sentences, up to a budget of tokens."""

from bisect import bisect_right
from collections.abc import Iterator

from knowledge.documents import ParsedDocument, Span
from knowledge.pieces import Cutter, Piece
from knowledge.sections import Section, sections
from knowledge.tokens import Count, estimate_tokens

# all-MiniLM-L6-v2 reads 256 word pieces; the rest is for the title and the headings.
MAX_TOKENS = 200
_OVERLAP = 0.2


def chunk(
    document: ParsedDocument, max_tokens: int = MAX_TOKENS, count: Count | None = None
) -> list[Span]:
    """The passages in order; a section that fits is one, without the line of its heading.

    `count` says how many tokens a text has for the embedding model; without one it is estimated.
    A sentence is said twice where a paragraph has to be cut; else no text is in two passages. Very
    short sections are joined with the next, whose heading is then part of the text.
    """
    cutter = Cutter(document.text, max_tokens, count or estimate_tokens)
    return [
        Span(document.text[start:end], section.path, start, end, _page(document, start))
        for section in sections(document, max_tokens, cutter.count)
        for start, end in _passages(section, cutter)
    ]


def _page(document: ParsedDocument, offset: int) -> int | None:
    return bisect_right(document.page_starts, offset) if document.page_starts else None


def _passages(section: Section, cutter: Cutter) -> Iterator[tuple[int, int]]:
    if cutter.fits(section.start, section.end):
        return iter([(section.start, section.end)])
    return _pack(list(cutter.groups(section.blocks)), cutter.max_tokens)


def _pack(groups: list[list[Piece]], max_tokens: int) -> Iterator[tuple[int, int]]:
    passage = _Passage(max_tokens, _target(groups, max_tokens))
    for pieces in groups:
        tokens = _tokens(pieces)
        if tokens <= max_tokens:
            yield from passage.take(pieces)
        else:
            for piece in pieces:
                yield from passage.take([piece])
    yield from passage.close()


def _tokens(pieces: list[Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def _target(groups: list[list[Piece]], max_tokens: int) -> float:
    # Evenly: a section of 210 tokens becomes two passages of 105, not one of 200 and a rest.
    total = sum(map(_tokens, groups))
    return total / max(1, -(-total // max_tokens))


class _Passage:
    """The passage being filled."""

    def __init__(self, max_tokens: int, target: float) -> None:
        self._max_tokens = max_tokens
        self._target = target
        self._pieces: list[Piece] = []

    def take(self, pieces: list[Piece]) -> Iterator[tuple[int, int]]:
        """Add what belongs together; gives the passage before it where that is full."""
        if self._pieces and self._is_full_before(pieces):
            overlap = self._overlap(pieces[0])
            yield from self.close()
            self._pieces = overlap
        self._pieces += pieces

    def close(self) -> Iterator[tuple[int, int]]:
        if self._pieces:
            yield self._pieces[0].start, self._pieces[-1].end
        self._pieces = []

    def _is_full_before(self, pieces: list[Piece]) -> bool:
        used = _tokens(self._pieces)
        more = used + _tokens(pieces)
        return more > self._max_tokens or more - self._target > abs(self._target - used)

    def _overlap(self, following: Piece) -> list[Piece]:
        """The last sentence once more, where a paragraph is cut after it."""
        last = self._pieces[-1]
        room = min(_OVERLAP * self._max_tokens, self._max_tokens - following.tokens)
        repeated = last.sentence and following.sentence and len(self._pieces) > 1
        return [last] if repeated and last.tokens <= room else []
