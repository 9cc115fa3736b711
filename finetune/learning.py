"""The loop as people ask for it: run a cycle, promote, roll back, watch over what is live."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from db.cycles import CycleRecord
from db.registry import ReleaseRecord
from finetune.cycle import Loop
from finetune.releases import Releases
from finetune.request import CycleRefused, CycleRequest
from finetune.runs import OnStep
from finetune.settings import TrainingSettings
from finetune.watch import watch
from knowledge.base import Knowledge

OFF = (
    "Training on what people wrote is switched off: set training.enabled = true in the settings, "
    "once people know of it."
)


@dataclass(frozen=True)
class Learning:
    """`folder` is where cycles keep their files."""

    knowledge: Knowledge
    settings: TrainingSettings
    folder: Path

    @property
    def releases_of(self) -> Releases:
        return Releases(self.knowledge.database, self.knowledge)

    def run(
        self,
        request: CycleRequest,
        progress: OnStep | None = None,
        stopping: threading.Event | None = None,
    ) -> CycleRecord:
        """Run a whole cycle; whoever calls holds the job. Raises CycleRefused."""
        if not self.settings.enabled and not request.dry_run:
            raise CycleRefused(OFF)
        loop = Loop(self.knowledge, self.settings, self.releases_of, self.folder)
        return loop.turn(request, progress, stopping)

    def promote(self, release_id: int, by: str) -> ReleaseRecord:
        """Raises UnknownRelease, NotPromotable, KnowledgeUnusable."""
        return self.releases_of.promote(release_id, by)

    def rollback(self, by: str) -> ReleaseRecord:
        """Raises NothingToRollBack, NotPromotable, KnowledgeUnusable."""
        return self.releases_of.rollback(by)

    def watch(self) -> ReleaseRecord | None:
        """Roll back if the live release's ratings fall; what is live then, or None."""
        found = watch(self.knowledge.database, self.releases_of)
        return None if found is None else found.to
