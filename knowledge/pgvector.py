"""Nearness by pgvector, in the database (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from db import pgvector
from db import pgvector_adapted as adapted
from db.engine import Database
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
        space: str | None = None,
    ) -> dict[int, float]:
        """Cosines by id: of the `limit` nearest passages, and of the first of `also`."""
        if space is not None:
            return self._search_adapted(version, vector, also, sources, limit, space)
        with self._database.reading() as session:
            cosines = dict(pgvector.nearest(session, version, vector, limit, sources))
            missing = [i for i in also if i not in cosines]
            if not missing:
                return cosines
            others = pgvector.similarities(session, missing, vector, version)
            return cosines | dict(list(in_order(others, missing))[:limit])

    def _search_adapted(
        self,
        version: int,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
        space: str,
    ) -> dict[int, float]:
        with self._database.reading() as session:
            cosines = dict(adapted.nearest(session, version, space, vector, limit, sources))
            missing = [i for i in also if i not in cosines]
            others = adapted.similarities(session, version, space, vector, missing)
            return cosines | dict(list(in_order(others, missing))[:limit])


def in_order(cosines: Mapping[int, float], ids: Sequence[int]) -> Iterator[tuple[int, float]]:
    return ((i, cosines[i]) for i in ids if i in cosines)
