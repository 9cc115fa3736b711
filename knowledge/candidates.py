"""The passages among which a search chooses, found by the database itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from db.fulltext import StatisticsOfVersion, TextSearch
from db.view import View
from knowledge.bm25 import Scores
from knowledge.embed import Vectors


@dataclass(frozen=True, slots=True)
class Candidates:
    """Ids of passages with their cosines and their BM25 (0 without a match)."""

    ids: Sequence[int]
    dense: Scores
    text: Scores


class Nearness(Protocol):
    def search(
        self,
        view: View,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id of passages that this version shows in these sources (None: in all):
        of the `limit` nearest, and of the first `limit` of `also`. The view says which vectors are
        compared; the cosine of what has none of them is 0."""


class DatabaseSearch:
    """Words by full text search, meaning by pgvector or by another vector store."""

    def __init__(self, nearness: Nearness, known: StatisticsOfVersion) -> None:
        self._nearness = nearness
        self._known = known

    def candidates(
        self,
        view: View,
        vector: Vectors,
        terms: Sequence[str],
        sources: Collection[int] | None,
        limit: int,
    ) -> Candidates:
        # Rows of a version that is being built are in the full text index too.
        words = TextSearch(view.session, terms, self._known.of(view.version))
        matches = dict(words.best(limit + limit // 2, sources))
        cosines = self._nearness.search(view, vector, list(matches), sources, limit)
        ids = list(cosines)
        matches.update(words.of([i for i in ids if i not in matches]))
        dense = np.array([cosines[i] for i in ids], dtype=np.float32)
        text = np.array([matches.get(i, 0.0) for i in ids], dtype=np.float32)
        return Candidates(ids, dense, text)
