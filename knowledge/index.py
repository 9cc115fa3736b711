"""Search the passages of the live version by meaning and by words.

On SQLite the vectors are a matrix in memory, and the search is exact; it is loaded anew when
another version goes live. On PostgreSQL pgvector searches.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import db.passages as store
from db.engine import Database
from db.fulltext import search_text
from knowledge.embed import Vectors

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hits:
    """Candidates of one search, in no order; `dense` is the cosine, `text` is BM25."""

    version: int | None
    ids: Ids
    dense: Scores
    text: Scores
    passages: dict[int, store.StoredPassage]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The vectors of a version: ids in rising order, unit vectors of shape (ids, dimension)."""

    version: int
    ids: Ids
    vectors: Vectors

    def rows_of(self, ids: Sequence[int]) -> npt.NDArray[np.intp]:
        """The rows of those ids that this version shows."""
        wanted = np.asarray(ids, dtype=np.int64)
        rows = np.searchsorted(self.ids, wanted)
        rows = rows[rows < len(self.ids)] if len(self.ids) else rows[:0]
        return rows[np.isin(self.ids[rows], wanted)]


NOTHING = Hits(None, np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32), {})


class PassageIndex:
    """Reads one consistent version a search, whatever a reindex does meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._matrix: Matrix | None = None
        self._loading = threading.Lock()

    def search(self, vector: Vectors, terms: Sequence[str], count: int) -> Hits:
        """Up to `count` nearest passages and up to `count` with the rarest of the `terms`.

        `vector` is a unit vector of shape (dimension,). No live version gives no hits.
        """
        with self._database.reading() as session:
            version = store.live_version_id(session)
            if version is None:
                return NOTHING
            # Rows of a version that is being built are in the full text index too.
            matches = dict(search_text(session, terms, 3 * count))
            if self._database.is_sqlite:
                dense = self._search_matrix(version, vector, list(matches), count)
            else:
                seen = store.visible_ids(session, version, list(matches))
                dense = dict(store.nearest(session, version, vector, count))
                missing = [i for i in seen if i not in dense][:count]
                dense |= store.similarities(session, missing, vector)
            ids = list(dense)
            passages = store.get_passages(session, ids)
            return Hits(
                version,
                np.array(ids, dtype=np.int64),
                np.array([dense[i] for i in ids], dtype=np.float32),
                np.array([matches.get(i, 0.0) for i in ids], dtype=np.float32),
                passages,
            )

    def _search_matrix(
        self, version: int, vector: Vectors, matches: list[int], count: int
    ) -> dict[int, float]:
        matrix = self.matrix(version)
        if not len(matrix.ids):
            return {}
        scores = matrix.vectors @ vector
        nearest = np.argpartition(-scores, min(count, len(scores)) - 1)[:count]
        rows = np.union1d(nearest, matrix.rows_of(matches)[:count])
        return dict(zip(matrix.ids[rows].tolist(), scores[rows].tolist(), strict=True))

    def matrix(self, version: int) -> Matrix:
        current = self._matrix
        if current is not None and current.version == version:
            return current
        with self._loading:
            if self._matrix is None or self._matrix.version != version:
                with self._database.reading() as session:
                    ids, vectors = store.load_vectors(session, version)
                self._matrix = Matrix(version, ids, vectors.astype(np.float32))
            return self._matrix
