"""Nearness by pgvector, in the database (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from db import pgvector
from db.engine import Database
from db.passages import visible_ids
from knowledge.embed import Vectors


class PgvectorSearch:
    """Searches in a snapshot of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(
        self,
        version: int,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id: of the `limit` nearest passages, and of the first of `also`."""
        with self._database.reading() as session:
            cosines = dict(pgvector.nearest(session, version, vector, limit, sources))
            visible = visible_ids(session, version, also)
            missing = [i for i in also if i in visible and i not in cosines]
            return cosines | pgvector.similarities(session, missing[:limit], vector)
