"""Neighbouring passages of a section, merged into one passage of evidence.

Measured from files: passage hit@5 .660 → .693 on a team's handbook, .486 → .568 on product
documentation, and more pages among the first five, for a merged neighbour makes room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from knowledge.answers import FoundPassage
from knowledge.passages import SEPARATOR
from knowledge.tokens import estimate_tokens

ReadText = Callable[[int, int, int], str | None]
"""A document's id and two offsets to what stands between them; None where it is gone."""

GAP = 250
"""Characters between neighbours: blank lines, a line across, a heading."""
_HEADING_ABOVE = re.compile(r"^ {0,3}#{1,6}[ \t][^\n]*\n\s*\Z", re.M)


@dataclass(frozen=True, slots=True)
class Merging:
    """Merges what two passages of at most `max_tokens` together are found of."""

    read: ReadText
    max_tokens: float

    def merge(self, passages: Iterable[FoundPassage], top_k: int) -> tuple[FoundPassage, ...]:
        """The first `top_k` of the passages, best first, with the neighbours met on the way.

        Evidence has the place, the id and the scores of its best passage.
        """
        kept: list[FoundPassage] = []
        for passage in passages:
            place, both = self.with_neighbour(kept, passage)
            if both is not None:
                kept[place] = both
            elif len(kept) < top_k:
                kept.append(passage)
            else:
                break
        return tuple(kept)

    def with_neighbour(
        self, kept: list[FoundPassage], passage: FoundPassage
    ) -> tuple[int, FoundPassage | None]:
        """The place of a neighbour among what is kept, and the two as one; None without one."""
        for place, other in enumerate(kept):
            if adjoin(other, passage) and (both := self.join(other, passage)):
                return place, both
        return 0, None

    def join(self, best: FoundPassage, other: FoundPassage) -> FoundPassage | None:
        """None where they are too long for one, or the document has changed since."""
        start, end = min(best.start, other.start), max(best.end, other.end)
        above = start - max(0, start - GAP)
        text = self.read(best.document_id, start - above, end)
        if text is None or not all(holds(text, start - above, p) for p in (best, other)):
            return None
        if best.heading != other.heading and (line := _HEADING_ABOVE.search(text[:above])):
            # What is above both no longer says whose the first lines are.
            start, above = start - len(line.group()), line.start()
        if estimate_tokens(text[above:]) > self.max_tokens:
            return None
        heading = common(best.heading, other.heading)
        return replace(best, text=text[above:], start=start, end=end, heading=heading)


def holds(text: str, offset: int, passage: FoundPassage) -> bool:
    """Whether a text that begins at `offset` in its document has the passage where it was."""
    return text[passage.start - offset : passage.end - offset] == passage.text


def adjoin(one: FoundPassage, other: FoundPassage) -> bool:
    """Whether they stand side by side, in one section or in two of which neither is a chapter."""
    first, second = sorted((one, other), key=lambda passage: passage.start)
    return (
        (one.document_id, one.page) == (other.document_id, other.page)
        and second.start <= first.end + GAP
        and related(one.heading, other.heading)
    )


def related(heading: str, other: str) -> bool:
    """The same headings, the one directly under the other, or both directly under a third."""
    one, two = parts(heading), parts(other)
    shared = len(parts(common(heading, other)))
    return max(len(one), len(two)) - shared <= 1


def common(heading: str, other: str) -> str:
    """The headings that are above both."""
    one, two = parts(heading), parts(other)
    shared = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    return SEPARATOR.join(one[: min(len(one), len(two)) if shared is None else shared])


def parts(heading: str) -> list[str]:
    return heading.split(SEPARATOR) if heading else []
