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

        Raises UnknownRelease, NotPromotable, KnowledgeUnusable.
        """
        wanted = registry.find(self.database, release_id)
        if wanted is None:
            raise UnknownRelease(release_id)
        self.knowledge.check_release(wanted)
        return registry.promote(self.database, release_id, note or f"Promoted by {by}.")

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
        # Who promotes at this moment wins: it was the release before that was to go.
        return registry.rollback(self.database, why or f"Rolled back by {by}.", only=live.id)

    def sweep(self) -> list[str]:
        """Remove the adapters that no release needs; returns the names of their folders."""
        used = registry.adapters_in_use(self.database)
        return sweep(self.knowledge.live.adapters, used, dt.datetime.now(dt.UTC))
