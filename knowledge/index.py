"""Search the passages of the live version by meaning and by words.

On SQLite the vectors are a matrix in memory, and the search is exact; it is loaded anew when
another version goes live. On PostgreSQL pgvector searches.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

import db.passages as store
from db.engine import Database
from db.fulltext import search_text
from db.sources import readable
from knowledge.embed import Vectors

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

CANDIDATES = 200
"""Passages that each of the two searches may propose."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its fused score in 0..1, its cosine and its BM25."""

    passage: store.StoredPassage
    score: float
    dense: float
    text: float


@dataclass(frozen=True, slots=True)
class Hits:
    """What one search found, best first; `version` is None before the first reindex."""

    version: int | None
    best: tuple[Hit, ...]


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


class PassageIndex:
    """Reads one consistent version a search, whatever a reindex does meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._matrix: Matrix | None = None
        self._loading = threading.Lock()

    def search(
        self,
        vector: Vectors,
        terms: Sequence[str],
        weight: float,
        top_k: int,
        labels: Collection[str] | None = None,
    ) -> Hits:
        """The `top_k` passages with the highest fused scores.

        `vector` is a unit vector of shape (dimension,); `weight` is the share of meaning
        against words, in 0..1. Only sources whose audience has one of `labels` are searched;
        None stands for all.
        """
        with self._database.reading() as session:
            version = store.live_version_id(session)
            if version is None:
                return Hits(None, ())
            sources = None if labels is None else readable(session, labels)
            # Rows of a version that is being built are in the full text index too.
            matches = dict(search_text(session, terms, 3 * CANDIDATES, sources))
            cosines = (
                self._search_matrix(version, vector, list(matches), sources)
                if self._database.is_sqlite
                else search_pgvector(session, version, vector, list(matches), sources)
            )
            ids = list(cosines)
            dense = np.array([cosines[i] for i in ids], dtype=np.float32)
            text = np.array([matches.get(i, 0.0) for i in ids], dtype=np.float32)
            scores = fuse(dense, text, weight)
            rows = np.argsort(-scores, kind="stable")[:top_k].tolist()
            passages = store.get_passages(session, [ids[row] for row in rows])
            best = (
                Hit(passages[ids[row]], float(scores[row]), float(dense[row]), float(text[row]))
                for row in rows
                # Without a snapshot, as on PostgreSQL, a sweep may come in between.
                if ids[row] in passages
            )
            return Hits(version, tuple(best))

    def _search_matrix(
        self,
        version: int,
        vector: Vectors,
        matches: list[int],
        sources: Collection[int] | None,
    ) -> dict[int, float]:
        matrix = self.matrix(version)
        if not len(matrix.ids):
            return {}
        # In torch's threads, not in those of numpy's own BLAS: two pools would keep each other
        # from the cores, and the next question's embedding would wait (25 ms instead of 17).
        scores = torch.mv(torch.from_numpy(matrix.vectors), torch.from_numpy(vector)).numpy()
        if sources is not None:
            scores[~np.isin(matrix.sources, list(sources))] = -2.0
        nearest = np.argpartition(-scores, min(CANDIDATES, len(scores)) - 1)[:CANDIDATES]
        rows = np.union1d(nearest, matrix.rows_of(matches)[:CANDIDATES])
        rows = rows[scores[rows] > -2.0]
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


def search_pgvector(
    session: Any,
    version: int,
    vector: Vectors,
    matches: list[int],
    sources: Collection[int] | None,
) -> dict[int, float]:
    """Cosines of the nearest passages and of those that match by words, by id."""
    cosines = dict(store.nearest(session, version, vector, CANDIDATES, sources))
    visible = store.visible_ids(session, version, matches)
    missing = [i for i in matches if i in visible and i not in cosines]
    return cosines | store.similarities(session, missing[:CANDIDATES], vector)


def fuse(dense: Scores, text: Scores, weight: float) -> Scores:
    """Dense and BM25 scores, each divided by its best, summed with weights w and 1 − w.

    After Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    """
    fused: Scores = weight * shares(dense) + (1 - weight) * shares(text)
    return fused


def shares(scores: Scores) -> Scores:
    """Scores as shares of the best one: in 0..1, below zero counts as zero."""
    best = float(scores.max(initial=0.0))
    return np.clip(scores, 0, None) / best if best > 0 else np.zeros_like(scores)
