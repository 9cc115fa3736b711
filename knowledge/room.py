"""Memory for the vectors that are searched: as they are stored, and rounded for a first look."""

from __future__ import annotations

import numpy as np
import torch

from db.passages import Half
from knowledge.rough import Halves, Rough, Rounded, aligned, has_quick_product, rounded

SPARE = 0.1
"""Room for the passages of later versions, as a share of the rows."""


class Room:
    """Memory for vectors, filled from the front; matrices see their first rows of it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors = torch.empty((0, 0), dtype=torch.float16)
        self._rounded = rounded(self._vectors)
        self.filled = 0

    def add(self, vectors: Half) -> None:
        end = self.filled + len(vectors)
        if end > len(self._vectors):
            self._grow(max(end, self._size), vectors.shape[1])
        new = torch.from_numpy(np.array(vectors))
        self._vectors[self.filled : end] = new
        if has_quick_product():
            fill(self._rounded, rounded(new), self.filled)
        self.filled = end

    def first(self, rows: int) -> torch.Tensor:
        return self._vectors[:rows]

    def rough(self, rows: int) -> Rough:
        if not has_quick_product():
            return Halves(self._vectors[:rows], torch.zeros(1))
        whole = self._rounded
        return Rounded(whole.numbers[:rows], whole.scales[:rows], whole.errors[:rows])

    def _grow(self, size: int, dimension: int) -> None:
        # Memory that nothing is written to yet is not taken from the machine.
        rows = int(size * (1 + SPARE))
        larger = torch.empty((rows, dimension), dtype=torch.float16)
        wide = Rounded(
            torch.empty((rows, aligned(dimension)), dtype=torch.int8),
            torch.empty(rows, dtype=torch.bfloat16),
            torch.empty(rows, dtype=torch.float32),
        )
        if self.filled:
            larger[: self.filled] = self._vectors[: self.filled]
            fill(wide, self._rounded, 0, self.filled)
        self._vectors, self._rounded = larger, wide


def fill(whole: Rounded, part: Rounded, start: int, rows: int | None = None) -> None:
    """Copies the first `rows` of a part (or all of it) to where they begin in the whole."""
    for mine, its in (
        (whole.numbers, part.numbers[:rows]),
        (whole.scales, part.scales[:rows]),
        (whole.errors, part.errors[:rows]),
    ):
        mine[start : start + len(its)] = its
