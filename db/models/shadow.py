"""Passages as an adapter reads them, beside the vectors that the model as it is gives them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import Vector


class AdaptedVector(Base):
    """A passage's vector in the space of one adapter; it can be compared with no other's."""

    __tablename__ = "adapted_vector"

    # In this order: from a passage to its vectors, also when it is deleted.
    passage_id: Mapped[int] = mapped_column(
        ForeignKey("passage.id", ondelete="CASCADE"), primary_key=True
    )
    space: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The SHA-256 of the adapter's weights, in whatever folder they lie."""
    vector: Mapped[npt.NDArray[np.float16]] = mapped_column(Vector())
