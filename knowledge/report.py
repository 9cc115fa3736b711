"""How a reindex is going, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from knowledge.documents import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` files in this stage: reading, embedding or switching."""

    stage: str
    done: int
    total: int
    passages: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ReindexReport:
    version: int
    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    passages: int
    """Passages made by this run."""
    skipped: tuple[Skipped, ...]
    seconds: dict[str, float] = field(default_factory=dict)

    def summary(self) -> str:
        """One line for people."""
        counts = {
            "added": self.added,
            "changed": self.changed,
            "moved": self.moved,
            "removed": self.removed,
            "skipped": len(self.skipped),
        }
        news = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        total = f"{self.unchanged} unchanged, {sum(self.seconds.values()):.1f} s"
        return f"{news or 'Nothing new'}; {total}."

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
