"""The passages that a version shows as a matrix in memory, searched exactly (SQLite)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from db.view import Rows, View, joined
from knowledge.bm25 import Bm25
from knowledge.embed import Vectors
from knowledge.room import Room
from knowledge.rough import Mask, Numbers, promising

FEW = 0.25
"""A smaller share of the rows is put together before it is searched."""
MOST_GONE = 0.25
"""With a larger share of rows that are shown no more, what is left moves to a new room."""
COUNTED = 500
"""Passages that are asked about in one statement."""
ALONE = 32_768
"""Numbers that torch takes up in one thread: for a few rows the others are not worth waking, and
where another program has their cores, they would be waited for (4 ms instead of 0.2)."""
COPIED = 8_192
"""Rows that are copied at once."""


@dataclass(frozen=True, slots=True)
class Matrix:
    version: int
    rows: Rows
    shown: Mask
    """Which of the rows; the documents of the others have been dropped."""
    vectors: torch.Tensor
    """Unit vectors, shape (rows, dimension), in float16."""
    words: Bm25
    room: Room
    space: str | None = None
    """Of the vectors, as the view has it."""
    unread: tuple[int, ...] = ()
    """Passages that the adapter has not read yet, the first of very many."""

    def mask(self, sources: Collection[int] | None) -> Mask:
        """The rows that are shown, of these sources or (None) of all."""
        if sources is None:
            return self.shown
        return np.isin(self.rows.sources, list(sources)) & self.shown

    def nearest(self, vector: Vectors, mask: Mask, limit: int) -> tuple[Numbers, Vectors]:
        """The rows in `mask`, which is not empty, with the `limit` highest cosines, and these."""
        near = self._promising(vector, mask, limit)
        cosines = self.cosines(vector, near)
        best = np.argsort(-cosines, kind="stable")[:limit]
        return near[best], cosines[best]

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """Of some rows, computed in float32."""
        asked, rows = torch.from_numpy(vector), torch.from_numpy(numbers)
        cosines = torch.empty(len(rows))
        few = max(1, ALONE // len(vector))
        for start in range(0, len(rows), few):
            some = slice(start, start + few)
            torch.mv(self.vectors.index_select(0, rows[some]).float(), asked, out=cosines[some])
        return np.asarray(cosines.numpy())

    def _promising(self, vector: Vectors, mask: Mask, limit: int) -> Numbers:
        rough, count = self.room.rough(len(mask)), np.count_nonzero(mask)
        if count > FEW * len(mask):
            return promising(rough, vector, limit, mask if count < len(mask) else None)
        numbers = np.flatnonzero(mask)
        few = rough.chosen(torch.from_numpy(numbers))
        return numbers[promising(few, vector, limit, None)]


def load_matrix(view: View, old: Matrix | None) -> Matrix:
    """The matrix of a version; what an older or newer one holds already is not read again."""
    if old is not None and (old.space != view.space or old.unread):
        old = None
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
    filled = room.first(len(rows))
    unread = () if view.space is None else unread_in(rows, shown, filled)
    return Matrix(view.version, rows, shown, filled, words, room, view.space, unread)


def unread_in(rows: Rows, shown: Mask, vectors: torch.Tensor) -> tuple[int, ...]:
    empty = (vectors.count_nonzero(dim=1) == 0).numpy()
    return tuple(rows.ids[empty & shown][:COUNTED].tolist())


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
