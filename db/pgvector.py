"""Nearness of vectors by pgvector (PostgreSQL only)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Float, cast, select
from sqlalchemy.orm import Session

from db.models import Document, Passage
from db.passages import visible_in
from db.types import Vector


def nearest(
    session: Session,
    version: int,
    vector: npt.NDArray[np.float32],
    limit: int,
    sources: Collection[int] | None = None,
) -> list[tuple[int, float]]:
    """Ids and cosine similarities of the nearest passages."""
    distance = Passage.vector.op("<=>", return_type=Float())(cast(vector, Vector()))
    query = (
        select(Passage.id, 1 - distance)
        .join(Document)
        .where(visible_in(version))
        .order_by(distance)
        .limit(limit)
    )
    if sources is not None:
        query = query.where(Passage.source_id.in_(sources))
    return [(passage_id, float(score)) for passage_id, score in session.execute(query)]


def similarities(
    session: Session, ids: Sequence[int], vector: npt.NDArray[np.float32]
) -> dict[int, float]:
    """Cosine similarities of some passages."""
    distance = Passage.vector.op("<=>", return_type=Float())(cast(vector, Vector()))
    query = select(Passage.id, 1 - distance).where(Passage.id.in_(ids))
    return {passage_id: float(score) for passage_id, score in session.execute(query)}
