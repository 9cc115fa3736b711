"""What goes live and what comes back, once its adapters have been found to be what was kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from db import registry
from db.engine import Database
from db.registry import NothingToRollBack, ReleaseRecord, UnknownRelease
from knowledge.adapters.store import sweep
from knowledge.base import Knowledge


@dataclass(frozen=True, slots=True)
class Releases:
    """Serving processes follow the database: who promotes here tells nobody."""

    database: Database
    knowledge: Knowledge

    def promote(self, release_id: int, by: str, note: str = "") -> ReleaseRecord:
        """Make a release live; `note` says why, where there is more to say than who.

        Passages that its adapter has to read, and has not yet, are read first. Raises
        UnknownRelease, NotPromotable, KnowledgeUnusable.
        """
        wanted = registry.find(self.database, release_id)
        if wanted is None:
            raise UnknownRelease(release_id)
        self.knowledge.check_release(wanted)
        self.knowledge.complete_release(wanted)
        live = registry.promote(self.database, release_id, note or f"Promoted by {by}.")
        # Once more: a reindex that did not know of it may have ended just before.
        self.knowledge.complete_release(live)
        return live

    def rollback(self, by: str, why: str = "") -> ReleaseRecord:
        """Return to the release that the live one was made from.

        Raises NothingToRollBack, NotPromotable, KnowledgeUnusable.
        """
        live = registry.live_record(self.database)
        if live is None or live.parent_id is None:
            raise NothingToRollBack
        parent = registry.find(self.database, live.parent_id)
        if parent is not None:
            self.knowledge.check_release(parent)
            # Nothing, where reindexes have kept it in step.
            self.knowledge.complete_release(parent)
        # Who promotes at this moment wins: it was the release before that was to go.
        return registry.rollback(self.database, why or f"Rolled back by {by}.", only=live.id)

    def sweep(self) -> list[str]:
        """Remove the adapters that no release needs; returns the names of their folders.

        Vectors of passages go sooner: those of releases to which no single step leads.
        """
        self.knowledge.shadow.forget()
        used = registry.adapters_in_use(self.database)
        return sweep(self.knowledge.live.adapters, used, dt.datetime.now(dt.UTC))
