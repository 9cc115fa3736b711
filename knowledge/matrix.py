"""The vectors of the live version as a matrix in memory, searched exactly (SQLite)."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

import db.passages as store
from db.engine import Database
from knowledge.embed import Vectors

Ids = npt.NDArray[np.int64]
EXCLUDED = -2.0
"""Below any cosine."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The vectors of a version: ids in rising order, unit vectors of shape (ids, dimension)."""

    version: int
    ids: Ids
    sources: Ids
    """The source of each passage."""
    vectors: Vectors

    def rows_of(self, ids: Sequence[int]) -> npt.NDArray[np.intp]:
        """The rows of those ids that this version shows."""
        wanted = np.asarray(ids, dtype=np.int64)
        rows = np.searchsorted(self.ids, wanted)
        rows = rows[rows < len(self.ids)] if len(self.ids) else rows[:0]
        return rows[np.isin(self.ids[rows], wanted)]


class MatrixSearch:
    """Loads the matrix anew when another version goes live."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._matrix: Matrix | None = None
        self._loading = threading.Lock()

    def search(
        self,
        version: int,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id: of the `limit` nearest passages, and of the first of `also`."""
        matrix = self.matrix(version)
        if not len(matrix.ids):
            return {}
        # In torch's threads, not in those of numpy's own BLAS: two pools would keep each other
        # from the cores, and the next question's embedding would wait (25 ms instead of 17).
        scores = torch.mv(torch.from_numpy(matrix.vectors), torch.from_numpy(vector)).numpy()
        if sources is not None:
            scores[~np.isin(matrix.sources, list(sources))] = EXCLUDED
        nearest = np.argpartition(-scores, min(limit, len(scores)) - 1)[:limit]
        rows = np.union1d(nearest, matrix.rows_of(also)[:limit])
        rows = rows[scores[rows] > EXCLUDED]
        return dict(zip(matrix.ids[rows].tolist(), scores[rows].tolist(), strict=True))

    def matrix(self, version: int) -> Matrix:
        current = self._matrix
        if current is not None and current.version == version:
            return current
        with self._loading:
            if self._matrix is None or self._matrix.version != version:
                with self._database.reading() as session:
                    ids, sources, vectors = store.load_vectors(session, version)
                self._matrix = Matrix(version, ids, sources, vectors.astype(np.float32))
            return self._matrix
