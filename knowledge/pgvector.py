"""Nearness by pgvector, in the database (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from db import pgvector, pgvector_adapted
from db.view import View
from knowledge.embed import Vectors


class PgvectorSearch:
    """Searches in the snapshot of the view."""

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
        near = where.nearest(view.session, view.version, vector, limit, sources, *of_space)
        cosines = dict(near)
        missing = [i for i in also if i not in cosines]
        if not missing:
            return cosines
        others = where.similarities(view.session, missing, vector, view.version, *of_space)
        return cosines | dict(list(in_order(others, missing))[:limit])


def in_order(cosines: Mapping[int, float], ids: Sequence[int]) -> Iterator[tuple[int, float]]:
    return ((i, cosines[i]) for i in ids if i in cosines)
