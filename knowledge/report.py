"""How a reindex is going, and what it did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from knowledge.documents import Skipped

NEWS = ("added", "changed", "moved", "removed")
COUNTS = (*NEWS, "unchanged", "passages")
FEW = 3
"""So many files that were left out for one reason are still named one by one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` files in this stage: reading, embedding or switching."""

    stage: str
    done: int
    total: int
    passages: int
    """Embedded so far."""
    source: str = ""
    """Whose files are read, where there are several sources."""
    per_second: float | None = None
    """Passages."""
    seconds_left: float | None = None


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a run did with one source; with an `error`, what could not be read stays as it was."""

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

    @property
    def holds_anything(self) -> bool:
        return bool(self.skipped) or any(getattr(self, name) for name in COUNTS)

    def summary(self) -> str:
        """What is new, or that nothing is."""
        counts = {name: getattr(self, name) for name in NEWS} | {"skipped": len(self.skipped)}
        return told(counts)


@dataclass(frozen=True, slots=True)
class ReindexReport:
    version: int
    sources: tuple[SourceReport, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    """`total`, and of each stage how long it was at work: read, embed and store overlap."""
    needed_bytes: int | None = None
    """What a build beside the live index was expected to take up in the database."""

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
        counts = {name: self.total(name) for name in NEWS} | {"skipped": len(self.skipped)}
        seconds = self.seconds.get("total", sum(self.seconds.values()))
        return f"{told(counts)}; {self.total('unchanged'):,} unchanged, {seconds:.1f} s."

    def by_source(self) -> list[str]:
        """A line for each source that holds anything, if there are several."""
        holding = [source for source in self.sources if source.holds_anything]
        if len(holding) < 2:
            return []
        return [f"{s.name}: {s.summary()}, {s.unchanged:,} unchanged" for s in holding]

    def stages(self) -> str:
        """`scan 0.1 s, read 2.0 s`: how long each stage was at work."""
        stages = {name: took for name, took in self.seconds.items() if name != "total"}
        return ", ".join(f"{name} {took:.1f} s" for name, took in stages.items())

    def as_json(self) -> dict[str, Any]:
        totals = {name: self.total(name) for name in COUNTS}
        skipped = [asdict(skipped) for skipped in self.skipped]
        return {**asdict(self), **totals, "skipped": skipped, "errors": list(self.errors)}


def told(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items() if n) or "Nothing new"


def grouped(skipped: Iterable[Skipped]) -> list[tuple[str, str]]:
    """Which files and why: one by one, but those of one reason together where they are many."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in skipped:
        by_reason[one.reason].append(one.path)
    return [pair for reason, paths in by_reason.items() for pair in of_reason(reason, paths)]


def of_reason(reason: str, paths: list[str]) -> list[tuple[str, str]]:
    if len(paths) <= FEW:
        return [(path, reason) for path in paths]
    return [(f"{len(paths):,} files ({', '.join(paths[:FEW])}, …)", reason)]
