"""Corrections wait for an expert; what one approves is knowledge from then on, until withdrawn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from db.engine import Database
from db.inbox import affected
from db.models import Correction, Interaction, VerifiedAnswer
from db.types import utc_now


class NotWaiting(Exception):
    """This correction does not wait for a decision: it is unknown, or was decided on before."""


@dataclass(frozen=True, slots=True)
class NewVerified:
    """`channel` is the only channel in which the answer is given; None for everywhere."""

    question: str
    answer: str
    author: str
    approved_by: str
    role: str = ""
    channel: str | None = None
    correction_id: int | None = None


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    id: int
    question: str
    answer: str
    author: str
    role: str
    channel: str | None
    approved_by: str
    approved_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WaitingCorrection:
    """A correction with what it is about."""

    id: int
    author: str
    fault: str
    right_answer: str | None
    right_document: str | None
    written_at: dt.datetime
    question: str
    answer: str
    channel: str | None
    asker: str | None
    private: bool | None
    """Asked where not everybody of the team may read; None if that is not known."""

    @property
    def in_the_open(self) -> bool:
        """Whether everybody of the team may read what was asked; at a terminal nobody else did."""
        return self.channel is None or self.private is False


def waiting(database: Database) -> list[WaitingCorrection]:
    """The corrections that nobody has decided on, oldest first."""
    query = (
        select(
            Correction.id,
            Correction.author,
            Correction.fault,
            Correction.right_answer,
            Correction.right_document,
            Correction.written_at,
            Interaction.question,
            Interaction.answer,
            Interaction.channel,
            Interaction.asker,
            Interaction.private,
        )
        .join(Interaction, Interaction.id == Correction.interaction_id)
        .where(Correction.status == "waiting")
        .order_by(Correction.id)
    )
    with database.reading() as session:
        return [WaitingCorrection(*row) for row in session.execute(query)]


def count_waiting(database: Database, *, in_the_open: bool) -> int:
    """How many corrections wait; `in_the_open`: only of what everybody may read."""
    query = select(func.count()).select_from(Correction).where(Correction.status == "waiting")
    if in_the_open:
        open_to_all = or_(Interaction.channel.is_(None), Interaction.private.is_(False))
        query = query.join(Interaction, Interaction.id == Correction.interaction_id)
        query = query.where(open_to_all)
    with database.reading() as session:
        return session.scalar(query) or 0


def approve(database: Database, new: NewVerified) -> int:
    """Store a verified answer and return its id; its correction waits no longer.

    The correction takes the approved words: what trains is what an expert has agreed to. Raises
    NotWaiting.
    """
    with database.writing() as session:
        if new.correction_id is not None:
            given = {"right_answer": new.answer}
            decide(session, new.correction_id, "approved", new.approved_by, **given)
        row = VerifiedAnswer(**{name: getattr(new, name) for name in NewVerified.__slots__})
        session.add(row)
        session.flush()
        return row.id


def agree(database: Database, correction_id: int, expert: str) -> None:
    """Approve a correction that names the right document and no answer. Raises NotWaiting."""
    with database.writing() as session:
        decide(session, correction_id, "approved", expert)


def reject(database: Database, correction_id: int, expert: str, reason: str = "") -> None:
    """Raises NotWaiting."""
    with database.writing() as session:
        decide(session, correction_id, "rejected", expert, reason=reason)


def decide(session: Session, correction_id: int, status: str, expert: str, **values: str) -> None:
    decided = (
        update(Correction)
        .where(Correction.id == correction_id, Correction.status == "waiting")
        .values(status=status, decided_by=expert, decided_at=utc_now(), **values)
    )
    if affected(session, decided) != 1:
        raise NotWaiting(NotWaiting.__doc__)


def withdraw(database: Database, verified_id: int) -> bool:
    """Take an answer back; False if there is none that stands."""
    with database.writing() as session:
        taken = (
            update(VerifiedAnswer)
            .where(VerifiedAnswer.id == verified_id, VerifiedAnswer.withdrawn_at.is_(None))
            .values(withdrawn_at=utc_now())
        )
        return affected(session, taken) == 1


def standing(database: Database) -> list[VerifiedRecord]:
    """All answers that were not withdrawn, oldest first."""
    query = (
        select(VerifiedAnswer)
        .where(VerifiedAnswer.withdrawn_at.is_(None))
        .order_by(VerifiedAnswer.id)
    )
    with database.reading() as session:
        return [
            VerifiedRecord(**{name: getattr(row, name) for name in VerifiedRecord.__slots__})
            for row in session.scalars(query)
        ]
