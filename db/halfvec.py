"""pgvector's type for vectors in half precision; imported where PostgreSQL is, with its package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Dialect


class Halfvec(HALFVEC):
    """The same, but written in a fifth of the time: each search sends a vector or two."""

    cache_ok = True

    def bind_processor(
        self, dialect: Dialect
    ) -> Callable[[npt.NDArray[np.float16] | None], object]:
        return lambda vector: None if vector is None else as_text(vector)


def as_text(vector: npt.NDArray[np.float16]) -> str:
    """Five digits tell every number of half precision from every other."""
    return layout(len(vector)) % tuple(vector.tolist())


@cache
def layout(dimension: int) -> str:
    return f"[{','.join(['%.5g'] * dimension)}]"
