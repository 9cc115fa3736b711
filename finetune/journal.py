"""What a cycle tells of itself while it runs, and how it hears that it is to end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from db import cycles
from db.engine import Database
from finetune.process import Cancelled
from finetune.runs import OnStep, Step


@dataclass
class Log:
    """Steps, their seconds, and figures; the steps go to the database and to whoever watches."""

    database: Database
    cycle_id: int
    tell: OnStep
    stopping: threading.Event
    report: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    step: str = ""
    since: float = 0.0

    def begin(self, step: str) -> None:
        """Raises Cancelled if somebody wants the cycle to end."""
        self.end()
        self.step, self.since = step, perf_counter()
        self.show(Step(step, 0, 1))
        if self.stopping.is_set():
            raise Cancelled

    def show(self, step: Step) -> None:
        progress = {"step": self.step, "done": step.done, "total": step.total, "note": step.note}
        if not cycles.note_step(self.database, self.cycle_id, progress):
            self.stopping.set()
        self.tell(replace(step, step=self.step))

    def end(self) -> None:
        if self.step:
            spent = self.seconds.get(self.step, 0.0) + perf_counter() - self.since
            self.seconds[self.step] = round(spent, 2)
        self.report["seconds"] = dict(self.seconds)


class Linked(threading.Event):
    """An event of its own that is also set while another one is."""

    def __init__(self, other: threading.Event | None) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        return super().is_set() or (self._other is not None and self._other.is_set())
