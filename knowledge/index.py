"""Search the passages of the live version by meaning and by words.

Meaning is searched in a matrix in memory on SQLite, and by pgvector on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

import db.passages as store
from db.engine import Database
from db.fulltext import search_text
from db.sources import readable
from knowledge.embed import Vectors
from knowledge.matrix import MatrixSearch
from knowledge.pgvector import PgvectorSearch

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


class DenseSearch(Protocol):
    def search(
        self,
        version: int,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id of passages that this version shows, in these sources alone (None: all):
        of the `limit` nearest, and of the first `limit` of `also`."""


class PassageIndex:
    """Reads one consistent version a search, whatever a reindex does meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dense: DenseSearch = (
            MatrixSearch(database) if database.is_sqlite else PgvectorSearch(database)
        )

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
            cosines = self._dense.search(version, vector, list(matches), sources, CANDIDATES)
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
