"""The passages that a version shows as a matrix in memory, searched exactly (SQLite)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from db.passages import Half
from db.view import Rows, View, joined
from knowledge.bm25 import Bm25
from knowledge.embed import Vectors

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]
"""Of rows."""

SLACK = 0.0015
"""No cosine that is computed in float16 is further off, with unit vectors: 2^-11 by rounding the
question, 2^-11 by rounding the cosine, and the rest by adding up in float32."""
LEAST, EXCLUDED = -2.0, -4.0
"""Below any cosine, and below that."""
FEW = 0.25
"""A smaller share of the rows is put together before it is searched."""
MOST_GONE = 0.25
"""With a larger share of rows that are shown no more, what is left moves to a new room."""
SPARE = 0.1
"""Room for the passages of later versions, as a share of the rows."""
COPIED = 8_192
"""Rows that are copied at once."""


class Room:
    """Memory for vectors, filled from the front; matrices see their first rows of it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors = torch.empty((0, 0), dtype=torch.float16)
        self.filled = 0

    def add(self, vectors: Half) -> None:
        end = self.filled + len(vectors)
        if end > len(self._vectors):
            self._grow(max(end, self._size), vectors.shape[1])
        self._vectors[self.filled : end] = torch.from_numpy(np.array(vectors))
        self.filled = end

    def first(self, rows: int) -> torch.Tensor:
        return self._vectors[:rows]

    def _grow(self, size: int, dimension: int) -> None:
        # Memory that nothing is written to yet is not taken from the machine.
        larger = torch.empty((int(size * (1 + SPARE)), dimension), dtype=torch.float16)
        if self.filled:
            larger[: self.filled] = self._vectors[: self.filled]
        self._vectors = larger


@dataclass(frozen=True, slots=True)
class Matrix:
    version: int
    rows: Rows
    shown: Mask
    """Which of the rows; the documents of the others have been dropped."""
    vectors: torch.Tensor
    """Unit vectors, shape (rows, dimension). All of it is read at each question: as float16 that
    is half as much, and takes half as long."""
    words: Bm25
    room: Room

    def mask(self, sources: Collection[int] | None) -> Mask:
        """The rows that are shown, of these sources or (None) of all."""
        if sources is None:
            return self.shown
        return np.isin(self.rows.sources, list(sources)) & self.shown

    def nearest(self, vector: Vectors, mask: Mask, limit: int) -> tuple[Numbers, Vectors]:
        """The rows in `mask`, which is not empty, with the `limit` highest cosines, and these."""
        numbers = torch.from_numpy(np.flatnonzero(mask))
        if len(numbers) > FEW * len(mask):
            coarse = self._coarse(vector, self.vectors)
            if len(numbers) < len(mask):
                coarse[torch.from_numpy(~mask)] = EXCLUDED
            numbers = torch.arange(len(mask))
        else:
            coarse = self._coarse(vector, self.vectors.index_select(0, numbers))
        worst = torch.topk(coarse, min(limit, len(coarse)), sorted=False).values.min()
        least = torch.clamp(worst - 2 * SLACK, min=LEAST)
        near = numbers[coarse >= least].numpy()
        cosines = self.cosines(vector, near)
        best = np.argsort(-cosines, kind="stable")[:limit]
        return near[best], cosines[best]

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """Of some rows, computed in float32."""
        vectors = self.vectors.index_select(0, torch.from_numpy(numbers)).float()
        return np.asarray(torch.mv(vectors, torch.from_numpy(vector)).numpy())

    def _coarse(self, vector: Vectors, vectors: torch.Tensor) -> torch.Tensor:
        # In torch's threads, not in those of numpy's own BLAS: two pools would keep each other
        # from the cores, and the next question's embedding would wait (25 ms instead of 17).
        return torch.mv(vectors, torch.from_numpy(vector).half()).float()


def load_matrix(view: View, old: Matrix | None) -> Matrix:
    """The matrix of a version; what an older or newer one holds already is not read again."""
    documents = view.documents()
    rows, shown, room = carried_over(old, documents, view.total())
    added = documents[~np.isin(documents, rows.documents)]
    parts = [rows]
    for part, vectors in view.passages(added.tolist()):
        room.add(vectors)
        parts.append(part)
    rows = joined(parts)
    shown = np.concatenate([shown, np.ones(len(rows) - len(shown), dtype=np.bool_)])
    words = Bm25(rows.ids, rows.lengths, shown)
    return Matrix(view.version, rows, shown, room.first(len(rows)), words, room)


def carried_over(
    old: Matrix | None, documents: npt.NDArray[np.int64], size: int
) -> tuple[Rows, Mask, Room]:
    """The rows to go on with, which of them are shown, and the room that begins with them."""
    if old is None:
        return joined([]), np.zeros(0, dtype=np.bool_), Room(size)
    shown = np.isin(old.rows.documents, documents)
    # Others may have been added behind the old rows; what they see is not written over.
    if old.room.filled == len(shown) and shown.sum() > (1 - MOST_GONE) * len(shown):
        return old.rows, shown, old.room
    room, numbers = Room(size), torch.from_numpy(np.flatnonzero(shown))
    for start in range(0, len(numbers), COPIED):
        room.add(old.vectors[numbers[start : start + COPIED]].numpy())
    return old.rows.chosen(shown), np.ones(len(numbers), dtype=np.bool_), room
