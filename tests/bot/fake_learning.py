"""A loop that trains nothing: its cycles and releases are real rows of the database."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from db import cycles, registry
from db.cycles import CycleRecord, Outcome
from db.engine import Database
from db.registry import ReleaseParts, ReleaseRecord
from finetune.request import CycleRequest
from finetune.runs import OnStep, Step

STEPS = ("collect", "diagnose", "dataset", "train", "evaluate", "gate", "promote")
LEARNT = ReleaseParts("fake", "quotes", "1", retriever_adapter="retriever-1")
FIGURES = {"recall@5": {"mean": 0.12, "low": 0.03}, "questions": 40}


@dataclass
class FakeLearning:
    """Goes through its steps, and each cycle makes a release."""

    ends: Outcome = "promoted"
    reason: str = "recall@5 rose 0.71 → 0.83 on 40 held-out questions."
    step_s: float = 0.0
    error: Exception | None = None
    falls: bool = False
    """Whether ratings have fallen since the promotion."""
    asked: list[CycleRequest] = field(default_factory=list)
    opened_in: Database | None = None

    @property
    def database(self) -> Database:
        assert self.opened_in is not None
        return self.opened_in

    def run(
        self,
        request: CycleRequest,
        progress: OnStep | None = None,
        stopping: threading.Event | None = None,
    ) -> CycleRecord:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        number = cycles.begin(
            self.database,
            strategy=request.strategy or "staged",
            dry_run=request.dry_run,
            requested_by=request.requested_by,
            surface=request.surface,
        )
        status, reason = self.worked(number, progress, stopping or threading.Event())
        report: dict[str, Any] = {"verdict": {"figures": FIGURES}}
        cycles.finish(self.database, number, status, reason, report=report)
        found = cycles.find(self.database, number)
        assert found is not None
        return found

    def worked(
        self, number: int, progress: OnStep | None, stopping: threading.Event
    ) -> tuple[Outcome, str]:
        for step in STEPS:
            goes_on = cycles.note_step(self.database, number, {"step": step})
            if progress is not None:
                progress(Step(step, 1, 2, "loss 0.41 <!here>"))
            time.sleep(self.step_s)
            if not goes_on or stopping.is_set():
                return "cancelled", "Somebody ended it; what was live stays live."
        live = registry.live_record(self.database)
        candidate = self.candidate(None if live is None else live.id)
        cycles.note_candidate(self.database, number, None if live is None else live.id, candidate)
        if self.ends == "promoted":
            registry.promote(self.database, candidate)
        return self.ends, self.reason

    def candidate(self, parent: int | None = None) -> int:
        return registry.add_candidate(self.database, LEARNT, parent, "Made by a <cycle>.")

    def promote(self, release_id: int, by: str) -> ReleaseRecord:
        return registry.promote(self.database, release_id, f"Promoted by {by}.")

    def rollback(self, by: str) -> ReleaseRecord:
        return registry.rollback(self.database, f"Rolled back by {by}.")

    def watch(self) -> ReleaseRecord | None:
        return self.rollback("watch") if self.falls else None
