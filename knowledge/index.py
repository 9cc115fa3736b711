"""Search the passages of the live version by meaning and by words.

Both are searched in this process's memory on SQLite, and by the database on PostgreSQL; another
vector store may search by meaning.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

import db.passages as store
from db.engine import Database
from db.fulltext import StatisticsOfVersion
from db.mirror import visible_vectors
from db.sources import shown_to
from db.view import View
from knowledge.candidates import Candidates, DatabaseSearch, Nearness
from knowledge.embed import Vectors
from knowledge.memory import MemorySearch
from knowledge.pgvector import PgvectorSearch

Scores = npt.NDArray[np.float32]

CANDIDATES = 150
"""Passages that each of the two searches may propose. With 1,000 the ten best were the same on five
sets of real questions; of those among 100,000 passages that repeat each other's sentences, .985."""


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


class Search(Protocol):
    def candidates(
        self,
        view: View,
        vector: Vectors,
        terms: Sequence[str],
        sources: Collection[int] | None,
        limit: int,
    ) -> Candidates:
        """Of the passages that this version shows in these sources (None: in all), the `limit`
        nearest and the `limit` best by words."""


class PassageIndex:
    """Reads one consistent version a search, whatever a reindex does meanwhile."""

    def __init__(self, database: Database, mirror: Nearness | None = None) -> None:
        self._database = database
        self._search = open_search(database, mirror)

    def search(
        self,
        vector: Vectors,
        terms: Sequence[str],
        weight: float,
        top_k: int,
        labels: Collection[str] | None = None,
        space: str | None = None,
    ) -> Hits:
        """The `top_k` passages with the highest fused scores.

        `vector` is a unit vector of shape (dimension,); `weight` is the share of meaning
        against words, in 0..1. Only sources whose audience has one of `labels` are searched;
        None stands for all. `space` is the one that `vector` is from: only passages' vectors of the
        same are compared with it, and a passage that has none there is found by its words.
        """
        with self._database.reading() as session:
            version, sources = shown_to(session, labels)
            if version is None:
                return Hits(None, ())
            view = View(session, version, space)
            # Where words have no say, the nearest are the best.
            limit = CANDIDATES if terms else top_k
            found = self._search.candidates(view, vector, terms, sources, limit)
            scores = fuse(found.dense, found.text, weight)
            rows = np.argsort(-scores, kind="stable")[:top_k].tolist()
            passages = store.get_passages(session, [found.ids[row] for row in rows])
            best = (
                Hit(
                    passages[found.ids[row]],
                    float(scores[row]),
                    float(found.dense[row]),
                    float(found.text[row]),
                )
                for row in rows
                # Without a snapshot, as on PostgreSQL, a sweep may come in between.
                if found.ids[row] in passages
            )
            return Hits(version, tuple(best))

    def similarity(self, version: int, vector: Vectors, ids: Sequence[int]) -> float:
        """The highest cosine of a unit vector, of shape (dimension,), and some passages, both by
        the model as it is; 0 where they are gone."""
        with self._database.reading() as session:
            found = visible_vectors(session, version, ids)
        return max((float(vector @ one.astype(np.float32)) for one in found.values()), default=0.0)

    def text(self, document_id: int, start: int, end: int) -> str | None:
        """What stands between two offsets of a document; None where it is gone."""
        with self._database.reading() as session:
            return store.get_text(session, document_id, start, end)


def open_search(database: Database, mirror: Nearness | None) -> Search:
    if mirror is None and database.is_sqlite:
        return MemorySearch()
    known = StatisticsOfVersion()
    return DatabaseSearch(mirror or PgvectorSearch(known), known)


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
