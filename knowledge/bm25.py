"""BM25 in memory: all passages of a version, scored as FTS5 would if it held that version alone.

FTS5 itself counts the passages of other versions too, and ranks every match anew for each question.
Here it tells only where the terms are, and what was computed for a term is kept.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from db.view import Ids, View

K1, B = 1.2, 0.75
LEAST_WEIGHT = 1e-6
"""FTS5's weight for a term that more than half of the passages hold."""
KEPT = 4_000_000
"""Matches of terms that are kept, of 8 bytes each; those asked for longest ago go first."""

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Matches:
    """The rows that hold a term, and what it adds to the score of each."""

    rows: npt.NDArray[np.int32]
    scores: Scores


class Bm25:
    """Scores the rows of one version; may be asked from several threads."""

    def __init__(self, ids: Ids, lengths: Ids, shown: npt.NDArray[np.bool_]) -> None:
        """Of the passages `ids`, with `lengths` in terms, only those that are `shown` count."""
        self._ids = ids
        self._by_id = np.argsort(ids, kind="stable")
        self._shown = shown
        self._total = int(shown.sum())
        mean = max(1.0, float(lengths[shown].mean())) if self._total else 1.0
        self._saturation = K1 * (1 - B + B * lengths / mean)
        self._kept: OrderedDict[str, Matches] = OrderedDict()
        self._size = 0
        self._keeping = threading.Lock()

    def scores(self, view: View, terms: Sequence[str]) -> Scores:
        """BM25 of each row, shape (rows,); 0 where no term is."""
        scores = np.zeros(len(self._ids), dtype=np.float32)
        if not self._total:
            return scores
        found = self._known(terms)
        missing = [term for term in terms if term not in found]
        if missing:
            new = {term: self._matches(ids) for term, ids in view.places(missing).items()}
            self._keep(new)
            found |= new
        for term in terms:
            scores[found[term].rows] += found[term].scores
        return scores

    def _matches(self, places: Ids) -> Matches:
        ids, counts = np.unique(places, return_counts=True)
        at = np.searchsorted(self._ids, ids, sorter=self._by_id)
        rows = self._by_id[np.minimum(at, len(self._ids) - 1)]
        there = (self._ids[rows] == ids) & self._shown[rows]
        rows, counts = rows[there], counts[there]
        weight = math.log((self._total - len(rows) + 0.5) / (len(rows) + 0.5))
        scores = counts * (K1 + 1) / (counts + self._saturation[rows]) * max(LEAST_WEIGHT, weight)
        return Matches(rows.astype(np.int32), scores.astype(np.float32))

    def _known(self, terms: Sequence[str]) -> dict[str, Matches]:
        with self._keeping:
            known = {term: self._kept[term] for term in terms if term in self._kept}
            for term in known:
                self._kept.move_to_end(term)
        return known

    def _keep(self, new: Mapping[str, Matches]) -> None:
        with self._keeping:
            for term in new.keys() - self._kept.keys():
                self._kept[term] = new[term]
                self._size += len(new[term].rows)
            while self._size > KEPT:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.rows)
