"""Nearness by pgvector, in the database (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from db import pgvector, pgvector_adapted
from db.fulltext.statistics import FEW, StatisticsOfVersion
from db.view import View
from knowledge.embed import Vectors


class PgvectorSearch:
    """Searches in the snapshot of the view."""

    def __init__(self, known: StatisticsOfVersion) -> None:
        self._known = known

    def search(
        self,
        view: View,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id: of the `limit` nearest passages, and of the first of `also`."""
        # What an adapter has read stands in a table of its own.
        where, of_space = (
            (pgvector, ()) if view.space is None else (pgvector_adapted, (view.space,))
        )
        few = sources is not None and self._are_few(view, sources)
        near = where.nearest(view.session, view.version, vector, limit, sources, few, *of_space)
        cosines = dict(near)
        missing = [i for i in also if i not in cosines]
        if not missing:
            return cosines
        others = where.similarities(view.session, missing, vector, view.version, *of_space)
        return cosines | dict(list(in_order(others, missing))[:limit])

    def _are_few(self, view: View, sources: Collection[int]) -> bool:
        """Whether to compare them one by one; HNSW would look at most of the others first."""
        return self._known.of(view.version).inside(view.session, sources) <= FEW


def in_order(cosines: Mapping[int, float], ids: Sequence[int]) -> Iterator[tuple[int, float]]:
    return ((i, cosines[i]) for i in ids if i in cosines)
