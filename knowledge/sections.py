"""A document's sections: the blocks between headings, very short ones joined with what follows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

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
    """The headings above it without the document's title, its own heading, and its blocks.

    `depth` is how many headings stood above before sections were joined.
    """

    path: Path
    depth: int
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
    filled = (section for section in map(_without_rules, _sections(document)) if section.blocks)
    return _Joiner(document.text, max_tokens, count).join(filled)


def _without_rules(section: Section) -> Section:
    """A line across at either end has nothing to say."""
    kept = [number for number, block in enumerate(section.blocks) if block.kind != "rule"]
    inner = section.blocks[kept[0] : kept[-1] + 1] if kept else []
    return replace(section, blocks=inner)


def _sections(document: ParsedDocument) -> Iterator[Section]:
    above: list[tuple[int, str]] = []
    section = Section((), 0, None, [])
    for block in blocks(document.text):
        if block.kind == "heading":
            yield section
            kept = [heading for heading in above if heading[0] < block.level]
            above = [*kept, (block.level, heading_text(document.text, block))]
            path = tuple(text for _, text in above if text and text != document.title)
            section = Section(path, len(path), block, [])
        else:
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
        budget = _SHORT * self.max_tokens
        return (
            (_is_above(short, following) or _are_siblings(short, following))
            and following.heading is not None
            # Nobody writes ten letters for a token: spares counting what is plainly long.
            and short.end - short.start < 10 * budget
            and self._tokens(short.start, short.end) < budget
            and self._tokens(short.start, following.end) <= self.max_tokens
        )

    def _tokens(self, start: int, end: int) -> int:
        return self.count(self.text[start:end])


def _is_above(section: Section, following: Section) -> bool:
    return (
        section.depth == len(section.path) < following.depth
        and following.path[: section.depth] == section.path
    )


def _are_siblings(section: Section, following: Section) -> bool:
    return section.depth == following.depth and _parent(section) == _parent(following)


def _parent(section: Section) -> Path:
    return section.path[: max(0, section.depth - 1)]


def _together(short: Section, following: Section) -> Section:
    """Under the second's heading if the first introduces it, else under what is above both."""
    assert following.heading is not None
    members = [*short.blocks, following.heading, *following.blocks]
    if _is_above(short, following):
        return Section(following.path, following.depth, None, members)
    own = [short.heading] if short.heading is not None else []
    return Section(_parent(short), short.depth, None, own + members)
