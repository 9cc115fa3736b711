"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import DateTime, Dialect, LargeBinary, TypeDecorator
from sqlalchemy.types import TypeEngine


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must carry its zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        time: dt.datetime = value
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


class Vector(TypeDecorator[npt.NDArray[np.float16]]):
    """A float16 vector of shape (dim,): bytes on SQLite, pgvector's `halfvec` on PostgreSQL."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            from db.halfvec import Halfvec

            return dialect.type_descriptor(Halfvec())
        return dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        half = np.asarray(value, dtype=np.float16)
        return half if dialect.name == "postgresql" else half.tobytes()

    def process_result_value(self, value: Any, dialect: Dialect) -> npt.NDArray[np.float16] | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            # pgvector gives a list since 0.5, and gave an object of its own before.
            numbers = value if isinstance(value, list) else value.to_numpy()
            return np.asarray(numbers, dtype=np.float16)
        return np.frombuffer(value, dtype=np.float16)
