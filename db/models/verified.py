"""Answers that an expert has approved: they are knowledge like any document, and go before it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class VerifiedAnswer(Base):
    """A question with its approved answer."""

    __tablename__ = "verified_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    author: Mapped[str] = mapped_column(String(64))
    """Who wrote the answer."""
    role: Mapped[str] = mapped_column(server_default="")
    """What the author is to the team, shown with the answer: `Office manager`."""
    channel: Mapped[str | None] = mapped_column(String(32))
    """The only channel in which it is given; None for everywhere."""
    correction_id: Mapped[int | None] = mapped_column(
        ForeignKey("correction.id", ondelete="SET NULL"), unique=True
    )
    approved_by: Mapped[str] = mapped_column(String(64))
    approved_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    withdrawn_at: Mapped[dt.datetime | None]
