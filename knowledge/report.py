"""How a reindex is going, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from knowledge.documents import Skipped

COUNTS = ("added", "changed", "moved", "removed", "unchanged", "passages")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` files in this stage: reading, embedding or switching."""

    stage: str
    done: int
    total: int
    passages: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a run did with one source; with an `error`, nothing: what was there stays."""

    name: str
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    passages: int = 0
    """Passages made by this run."""
    skipped: tuple[Skipped, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ReindexReport:
    version: int
    sources: tuple[SourceReport, ...]
    seconds: dict[str, float] = field(default_factory=dict)

    def total(self, count: str) -> int:
        """The sum over the sources of one of COUNTS."""
        return sum(getattr(source, count) for source in self.sources)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(skipped for source in self.sources for skipped in source.skipped)

    @property
    def errors(self) -> tuple[str, ...]:
        """A sentence about each source that could not be read."""
        return tuple(f"{s.name}: {s.error}" for s in self.sources if s.error is not None)

    def summary(self) -> str:
        """One line for people."""
        names = ("added", "changed", "moved", "removed")
        counts = {name: self.total(name) for name in names} | {"skipped": len(self.skipped)}
        news = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        rest = f"{self.total('unchanged')} unchanged, {sum(self.seconds.values()):.1f} s"
        return f"{news or 'Nothing new'}; {rest}."

    def as_json(self) -> dict[str, Any]:
        totals = {name: self.total(name) for name in COUNTS}
        return {**asdict(self), **totals, "skipped": [asdict(skipped) for skipped in self.skipped]}
