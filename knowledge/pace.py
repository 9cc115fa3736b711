"""Tells how far a reindex is: files, passages, how many a second, and how long it still takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from db.versions import KnownDocument
from knowledge.drafting import Drafting, Todo
from knowledge.report import OnProgress, Progress
from knowledge.window import Window

SETTLED_S = 3.0
"""Before that the pace is that of the start and says little about the rest."""


@dataclass(slots=True)
class Pace:
    drafting: Drafting
    tell: OnProgress
    files: int
    size: int
    """Bytes of the files: what is left of them tells more than their number."""
    several: bool
    files_done: int = 0
    size_done: int = 0
    passages: int = 0
    window: Window = field(default_factory=Window)
    since: float = field(default_factory=perf_counter)

    @classmethod
    def of(
        cls,
        todos: Sequence[Todo],
        anew: Sequence[KnownDocument],
        drafting: Drafting,
        tell: OnProgress,
    ) -> Pace:
        files = [file for todo in todos for file in todo.files]
        size = sum(file.size for file in files) + sum(document.size for document in anew)
        several = sum(bool(todo.files) for todo in todos) > 1
        return cls(drafting, tell, len(files) + len(anew), size, several)

    def begin(self, window: Window) -> None:
        self.window = window
        self.show()

    def end(self, window: Window) -> None:
        self.files_done += window.files
        self.size_done += window.size
        self.passages += window.passages
        self.window = Window()
        self.show()

    def show(self, share: float = 0.0) -> None:
        """`share` of the window is embedded."""
        passages = self.passages + int(share * self.window.passages)
        files = self.files_done + int(share * self.window.files)
        took = perf_counter() - self.since
        step = Progress(
            stage="embedding",
            done=files,
            total=self.files,
            passages=passages,
            source=self.window.source if self.several else "",
            per_second=passages / took if took and passages else None,
            seconds_left=self.left(took, self.size_done + share * self.window.size),
        )
        self.tell(replace(step, stage="reading", done=self.drafting.read))
        self.tell(step)

    def left(self, took: float, size_done: float) -> float | None:
        if took < SETTLED_S or not size_done:
            return None
        return took * max(0.0, self.size - size_done) / size_done
