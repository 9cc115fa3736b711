"""One row for every question with its answer, and one for every passage it was answered from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.models.base import Base, new_id
from db.types import utc_now


class Interaction(Base):
    """A question, the answer that was given, and everything that was true at that moment."""

    __tablename__ = "interaction"
    __table_args__ = (Index(None, "team", "channel", "thread_ts"), Index(None, "asked_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    inbox_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbox.id", ondelete="SET NULL"), unique=True
    )
    asked_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    surface: Mapped[str] = mapped_column(String(16))
    """slack, workspace or cli."""
    team: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None] = mapped_column(String(32))
    thread_ts: Mapped[str | None] = mapped_column(String(32))
    question_ts: Mapped[str | None] = mapped_column(String(32))
    answer_ts: Mapped[str | None] = mapped_column(String(32))
    """Null until Slack has taken the answer."""
    asker: Mapped[str | None] = mapped_column(String(32))
    private: Mapped[bool | None]
    """Asked where not everybody of the team may read; None if Slack did not say."""
    question: Mapped[str]
    standalone: Mapped[str] = mapped_column(server_default="")
    """What was searched for, where the thread had to be read to understand the question."""
    answer: Mapped[str]
    notice: Mapped[str] = mapped_column(server_default="")
    """A line that was shown with the answer."""
    abstained: Mapped[bool]
    confidence: Mapped[float]
    generator: Mapped[str]
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    index_version: Mapped[int | None]
    timings_ms: Mapped[dict[str, Any]]

    passages: Mapped[list[RetrievedPassage]] = relationship(
        cascade="all, delete-orphan", order_by="RetrievedPassage.rank"
    )


class RetrievedPassage(Base):
    """What the retriever found, kept as it was then: the passage itself may go with a reindex."""

    __tablename__ = "retrieved_passage"

    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(primary_key=True)
    """0 is the best."""
    passage_id: Mapped[int | None] = mapped_column(
        ForeignKey("passage.id", ondelete="SET NULL"), index=True
    )
    path: Mapped[str]
    title: Mapped[str]
    uri: Mapped[str]
    heading: Mapped[str]
    text: Mapped[str]
    score: Mapped[float]
    dense_score: Mapped[float]
    text_score: Mapped[float]
    citation: Mapped[int | None]
    """The number under which the answer cites it; null when it was found and not cited."""
    quote: Mapped[str | None]
