"""The loop's own tables: cycles, what they diagnosed, what they were judged on, who opted out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class Cycle(Base):
    """One turn of the loop, from collected ratings to a verdict."""

    __tablename__ = "cycle"

    id: Mapped[int] = mapped_column(primary_key=True)
    strategy: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    """running, promoted, held (judged and not promoted), refused (training is the wrong tool),
    tried (a dry run), cancelled or failed."""
    step: Mapped[str] = mapped_column(String(16))
    """The latest that has begun: collect, diagnose, dataset, train, evaluate, gate, promote."""
    dry_run: Mapped[bool]
    requested_by: Mapped[str] = mapped_column(String(64))
    surface: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[dt.datetime | None]
    collected_until: Mapped[dt.datetime | None]
    """Ratings and corrections up to here have been looked at."""
    champion_id: Mapped[int | None] = mapped_column(ForeignKey("release.id", ondelete="SET NULL"))
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("release.id", ondelete="SET NULL"))
    cancel: Mapped[bool] = mapped_column(default=False)
    """Somebody wants it to end at its next step."""
    progress: Mapped[dict[str, Any] | None]
    report: Mapped[dict[str, Any] | None]
    """Counts, causes, figures, seconds by step."""
    reason: Mapped[str] = mapped_column(server_default="")
    """The verdict in one sentence, or why it did not come to one."""


class Diagnosis(Base):
    """Why one answer was bad, with the evidence for it and what follows."""

    __tablename__ = "diagnosis"
    __table_args__ = (Index(None, "interaction_id"),)

    cycle_id: Mapped[int] = mapped_column(
        ForeignKey("cycle.id", ondelete="CASCADE"), primary_key=True
    )
    interaction_id: Mapped[str] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )
    cause: Mapped[str] = mapped_column(String(32))
    remedy: Mapped[str] = mapped_column(String(32))
    evidence: Mapped[dict[str, Any]]
    """What the cause was told from: signals, ranks, agreement, passages that hold the answer."""


class HoldoutQuestion(Base):
    """A question on which candidates are judged, and which never trains."""

    __tablename__ = "holdout_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the normalised question."""
    question: Mapped[str]
    answers: Mapped[list[Any]]
    """Texts of right answers; empty where only the passages are known."""
    passages: Mapped[list[Any]]
    """Right passages as {path, text}; a passage's id may go with a reindex."""
    answerable: Mapped[bool]
    slice: Mapped[str] = mapped_column(String(16))
    """low_rated, liked, abstention or curated."""
    cluster: Mapped[str] = mapped_column(String(64))
    """Questions of one cluster say nearly the same: they are drawn together."""
    interaction_id: Mapped[str | None] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), index=True
    )
    added_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    judged: Mapped[int] = mapped_column(default=0)
    """How many candidates have been judged on it."""


class JudgedQuestion(Base):
    """What one release did on one question of the holdout."""

    __tablename__ = "judged_question"

    cycle_id: Mapped[int] = mapped_column(
        ForeignKey("cycle.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[int] = mapped_column(
        ForeignKey("holdout_question.id", ondelete="CASCADE"), primary_key=True
    )
    arm: Mapped[str] = mapped_column(String(16), primary_key=True)
    """champion or candidate."""
    scores: Mapped[dict[str, Any]]


class OptOut(Base):
    """A person whose questions, ratings and corrections do not train."""

    __tablename__ = "opt_out"

    person: Mapped[str] = mapped_column(String(32), primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(default=utc_now)
