"""What admins can have done with the loop: cycles, releases, promotion and the way back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.claims import Patience, held
from bot.commands import Commands
from db import cycles, registry
from db.registry import NothingToRollBack, UnknownRelease
from finetune.request import CycleRefused, CycleRequest, find_cycle
from finetune.settings import Strategy, TrainingSettings

if TYPE_CHECKING:
    from db.cycles import CycleRecord
    from db.registry import ReleaseRecord
    from finetune.request import CycleDetail
    from finetune.runs import OnStep

RETRAIN = "retrain"
CYCLE = "cycle"
"""The job: one at a time, wherever Lorebot runs."""
LISTED = 20
WATCHER = "watch"


class Learning(Protocol):
    """The loop, as far as the bot asks for it."""

    def run(
        self,
        request: CycleRequest,
        progress: OnStep | None = None,
        stopping: threading.Event | None = None,
    ) -> CycleRecord: ...
    def promote(self, release_id: int, by: str) -> ReleaseRecord: ...
    def rollback(self, by: str) -> ReleaseRecord: ...
    def watch(self) -> ReleaseRecord | None: ...


def retrain_act(strategy: str | None, dry_run: bool) -> str:
    """How it is audited: as it would be typed."""
    return " ".join([RETRAIN, *([strategy] if strategy else []), *(["--dry-run"] * dry_run)])


@dataclass(frozen=True, slots=True)
class LearningCommands:
    """The admins' acts that are about learning; who may do them is asked of `commands`."""

    commands: Commands
    open_learning: Callable[[], Learning]
    """Called when it is needed first and not before: it brings what only training needs."""
    settings: TrainingSettings = field(default_factory=TrainingSettings)

    def retrain(
        self,
        strategy: Strategy | None = None,
        dry_run: bool = False,
        progress: OnStep | None = None,
        actor: str = "",
        surface: str = "cli",
        *,
        patience: Patience | None = None,
    ) -> CycleRecord:
        """Run a cycle and return what came of it.

        Raises CycleRefused where training is switched off, JobIsRunning if another cycle goes on
        anywhere for longer than the patience lasts, Stopping.
        """
        request = CycleRequest(strategy, dry_run, actor, surface)
        commands = self.commands
        with (
            commands.counted(),
            commands.audited(actor, surface, retrain_act(strategy, dry_run)),
            held(commands.database, CYCLE, patience=patience) as run,
        ):
            record = self.open_learning().run(request, progress, commands.stopping)
            run.result = {"cycle": record.id, "status": record.status}
        return record

    def cancel(self, cycle_id: int, actor: str, surface: str) -> None:
        """Let a cycle end at its next step. Raises CycleRefused if it is not running."""
        with self.commands.audited(actor, surface, f"cancel {cycle_id}"):
            if not cycles.cancel(self.commands.database, cycle_id):
                raise CycleRefused(f"Cycle {cycle_id} is not running, so there is nothing to end.")

    def cycles(self, limit: int = LISTED) -> list[CycleRecord]:
        """The newest first."""
        return cycles.latest(self.commands.database, limit)

    def cycle(self, cycle_id: int) -> CycleDetail:
        """Raises CycleRefused."""
        return find_cycle(self.commands.database, cycle_id)

    def releases(self, limit: int = LISTED) -> list[ReleaseRecord]:
        """The newest first."""
        return registry.releases(self.commands.database, limit)

    def release(self, release_id: int) -> ReleaseRecord:
        """Raises UnknownRelease."""
        found = registry.find(self.commands.database, release_id)
        if found is None:
            raise UnknownRelease(release_id)
        return found

    def live(self) -> ReleaseRecord:
        """Raises CycleRefused."""
        found = registry.live_record(self.commands.database)
        if found is None:
            raise CycleRefused("No release is live yet: start Lorebot once.")
        return found

    def made_from_another(self) -> ReleaseRecord:
        """The live release, where there is a way back. Raises CycleRefused, NothingToRollBack."""
        found = self.live()
        if found.parent_id is None:
            raise NothingToRollBack
        return found

    def promote(self, release_id: int, actor: str, surface: str) -> ReleaseRecord:
        """Let a release answer from now on.

        Raises UnknownRelease, NotPromotable, KnowledgeUnusable if its files are not what they were.
        """
        with self.commands.audited(actor, surface, f"promote {release_id}"):
            return self.open_learning().promote(release_id, actor)

    def rollback(
        self, actor: str, surface: str, *, from_release: int | None = None
    ) -> ReleaseRecord:
        """Return to the release before the live one, which has to be `from_release` if given.

        Raises CycleRefused, NothingToRollBack.
        """
        with self.commands.audited(actor, surface, "rollback"):
            # Two clicks on one button are one wish.
            if from_release is not None and self.live().id != from_release:
                raise CycleRefused(
                    f"Release {from_release} is not live any more, so nothing was rolled back."
                )
            return self.open_learning().rollback(actor)

    def watch(self) -> ReleaseRecord | None:
        """Return to the release before if ratings have fallen; that release, or None."""
        live = registry.live_record(self.commands.database)
        if live is None or live.parent_id is None:
            # Nothing is opened for a release from which no way leads back.
            return None
        with self.commands.counted():
            back = self.open_learning().watch()
        if back is not None:
            self.commands.note(WATCHER, "schedule", f"rollback to {back.id}", "done", back.note)
        return back
