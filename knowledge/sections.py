"""A document's sections: the blocks between headings, very short ones joined with what follows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.blocks import Block, blocks
from knowledge.documents import ParsedDocument
from knowledge.headings import heading_text
from knowledge.tokens import Count

Path = tuple[str, ...]

# Measured on two handbooks: a passage of a line or two is found for its words alone, out of
# context; joined with what follows, both are found more often. Longer sections lose by it.
_SHORT = 0.15


@dataclass(frozen=True, slots=True)
class Section:
    """The headings above it (without the document's title), its own heading, and its blocks."""

    path: Path
    heading: Block | None
    blocks: list[Block]

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end


def sections(document: ParsedDocument, max_tokens: int, count: Count) -> list[Section]:
    """The sections that have anything below their heading, in order."""
    filled = (section for section in _sections(document) if section.blocks)
    return _Joiner(document.text, max_tokens, count).join(filled)


def _sections(document: ParsedDocument) -> Iterator[Section]:
    above: list[tuple[int, str]] = []
    section = Section((), None, [])
    for block in blocks(document.text):
        if block.kind == "heading":
            yield section
            kept = [heading for heading in above if heading[0] < block.level]
            above = [*kept, (block.level, heading_text(document.text, block))]
            path = tuple(text for _, text in above if text and text != document.title)
            section = Section(path, block, [])
        elif block.kind != "rule" or section.blocks:
            section.blocks.append(block)
    yield section


@dataclass(frozen=True, slots=True)
class _Joiner:
    text: str
    max_tokens: int
    count: Count

    def join(self, sections: Iterable[Section]) -> list[Section]:
        joined: list[Section] = []
        for section in sections:
            if joined and self._belong_together(joined[-1], section):
                section = _together(joined.pop(), section)
            joined.append(section)
        return joined

    def _belong_together(self, short: Section, following: Section) -> bool:
        related = short.path[:-1] == following.path[:-1] or _is_above(short, following)
        return (
            related
            and following.heading is not None
            and self._tokens(short.start, short.end) < _SHORT * self.max_tokens
            and self._tokens(short.start, following.end) <= self.max_tokens
        )

    def _tokens(self, start: int, end: int) -> int:
        return self.count(self.text[start:end])


def _is_above(section: Section, following: Section) -> bool:
    return section.path == following.path[: len(section.path)]


def _together(short: Section, following: Section) -> Section:
    """Under the heading of the second if the first introduces it, else under what is above both."""
    assert following.heading is not None
    members = [*short.blocks, following.heading, *following.blocks]
    if _is_above(short, following) and short.path != following.path:
        return Section(following.path, short.heading, members)
    own = [short.heading] if short.heading is not None else []
    return Section(short.path[:-1], None, own + members)
