"""What people said of an answer: the vote that counts, its history, and corrections."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class Rating(Base):
    """One vote for each person and answer; a later vote takes the place of the earlier."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("value IN (-1, 1)", name="value"),)

    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )
    rater: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]
    rated_at: Mapped[dt.datetime] = mapped_column(default=utc_now)


class RatingChange(Base):
    """Every vote as it was cast, never changed."""

    __tablename__ = "rating_history"
    __table_args__ = (Index(None, "interaction_id", "rater"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[str] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))
    rater: Mapped[str] = mapped_column(String(32))
    value: Mapped[int]
    rated_at: Mapped[dt.datetime] = mapped_column(default=utc_now)


class EarlyVote(Base):
    """A vote on a message of the bot that is not known, or not yet, to be an answer."""

    __tablename__ = "early_vote"
    __table_args__ = (CheckConstraint("value IN (-1, 1)", name="value"),)

    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    ts: Mapped[str] = mapped_column(String(32), primary_key=True)
    rater: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]
    voted_at: Mapped[dt.datetime]


class Correction(Base):
    """What was wrong, and, if the person knew, the right answer or the right document."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), index=True
    )
    author: Mapped[str] = mapped_column(String(32))
    fault: Mapped[str] = mapped_column(String(32))
    right_answer: Mapped[str | None]
    right_document: Mapped[str | None]
    written_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting for an expert, approved or rejected."""
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[dt.datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    """Why it was rejected."""
