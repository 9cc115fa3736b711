"""What is embedded together and stored in one go: some documents, cut into drafts of passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from db.passages import Half
from db.versions import NewDocument
from knowledge.documents import Skipped
from knowledge.passages import Draft

FIRST_WINDOW, WINDOW = 64, 1024
"""Passages. The first are few, such that the model begins soon; of many, few words are padding."""
WINDOW_S = 5.0
"""A slow source's window is closed earlier: what was read is soon stored."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document whose passages are still drafts."""

    document: NewDocument
    drafts: Sequence[Draft]
    from_file: bool = True
    """False for one that is stored already, and gets vectors of another model."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that gave no document."""

    source: str
    skipped: Skipped
    size: int


@dataclass(frozen=True, slots=True)
class Down:
    """A source that could not be read to its end."""

    source: str
    error: str


@dataclass(slots=True)
class Window:
    drafted: list[Drafted] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    down: list[Down] = field(default_factory=list)
    known: Mapping[str, Half] = field(default_factory=dict)
    """Vectors that equal passages have already, by hash."""
    passages: int = 0
    began: float | None = None

    def take(self, step: Drafted | LeftOut | Down) -> None:
        self.began = self.began or perf_counter()
        if isinstance(step, Drafted):
            self.drafted.append(step)
            self.passages += len(step.drafts)
        elif isinstance(step, LeftOut):
            self.left_out.append(step)
        else:
            self.down.append(step)

    def is_full(self, limit: int) -> bool:
        began = self.began or perf_counter()
        return self.passages >= limit or perf_counter() - began > WINDOW_S

    @property
    def drafts(self) -> list[Draft]:
        return [draft for drafted in self.drafted for draft in drafted.drafts]

    @property
    def files(self) -> int:
        return len(self.left_out) + len(self.drafted)

    @property
    def size(self) -> int:
        """Bytes of the files."""
        read = sum(drafted.document.size for drafted in self.drafted)
        return read + sum(left.size for left in self.left_out)

    @property
    def source(self) -> str:
        """That of the last file."""
        names = [drafted.document.source for drafted in self.drafted]
        return (names or [left.source for left in self.left_out] or [""])[-1]
