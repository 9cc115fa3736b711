"""The passages among which a search chooses, found in this process's memory (SQLite)."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

import numpy as np
import torch

from db.view import View
from knowledge.bm25 import Scores
from knowledge.candidates import Candidates
from knowledge.embed import Vectors
from knowledge.matrix import Matrix, load_matrix
from knowledge.rough import Mask, Numbers


class MemorySearch:
    """Exact by meaning and by words; keeps two versions, each made from the one before.

    A question that began before a switch goes on in the old version. Where releases are compared,
    or exchanged, what was searched last with other vectors is kept too.
    """

    def __init__(self) -> None:
        self._kept: tuple[Matrix, ...] = ()
        self._loading = threading.Lock()

    def candidates(
        self,
        view: View,
        vector: Vectors,
        terms: Sequence[str],
        sources: Collection[int] | None,
        limit: int,
    ) -> Candidates:
        """The `limit` nearest passages of these sources (None: of all), and as many by words."""
        matrix = self.matrix(view)
        mask = matrix.mask(sources)
        if not mask.any():
            return Candidates([], np.zeros(0, np.float32), np.zeros(0, np.float32))
        rows, dense = matrix.nearest(vector, mask, limit)
        if not terms:
            return Candidates(matrix.rows.ids[rows].tolist(), dense, np.zeros_like(dense))
        text = matrix.words.scores(view, terms)
        more = np.setdiff1d(highest(text, mask, limit), rows)
        rows = np.concatenate([rows, more])
        dense = np.concatenate([dense, matrix.cosines(vector, more)])
        # Of equal scores the first row's goes first, from whichever search it comes.
        order = np.argsort(rows)
        rows, dense = rows[order], dense[order]
        return Candidates(matrix.rows.ids[rows].tolist(), dense, text[rows])

    def matrix(self, view: View) -> Matrix:
        return self._find(view) or self._load(view)

    def _find(self, view: View) -> Matrix | None:
        return next((matrix for matrix in self._kept if is_of(matrix, view)), None)

    def _load(self, view: View) -> Matrix:
        with self._loading:
            # Another question may have loaded it while this one waited.
            matrix = self._find(view)
            if matrix is None:
                others = [kept for kept in self._kept if kept.space != view.space]
                older = [kept for kept in self._kept if kept.space == view.space][-1:]
                matrix = load_matrix(view, older[0] if older else None)
                self._kept = (*others[-1:], *older, matrix)
            return matrix


def is_of(matrix: Matrix, view: View) -> bool:
    if (matrix.version, matrix.space) != (view.version, view.space):
        return False
    return not matrix.unread or not view.has_any(matrix.unread)


def highest(scores: Scores, mask: Mask, limit: int) -> Numbers:
    """The rows in `mask` with the `limit` highest scores above 0."""
    allowed = torch.from_numpy(np.where(mask, scores, 0))
    best = torch.topk(allowed, min(limit, len(allowed)), sorted=False)
    return np.asarray(best.indices[best.values > 0].numpy())
