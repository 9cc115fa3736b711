"""Ratings and corrections: one vote for each person and answer, nothing overwritten unseen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Correction, Interaction, Rating, RatingChange
from db.sql import insert_for
from db.types import utc_now


class UnknownInteraction(Exception):
    """This answer is not known here, so it cannot be rated."""


@dataclass(frozen=True, slots=True)
class RatingCount:
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    interaction_id: str
    author: str
    fault: str
    right_answer: str | None
    right_document: str | None
    status: str = "waiting"


def rate(database: Database, interaction_id: str, rater: str, value: int) -> None:
    """Store a vote, +1 or −1; a person's later vote on the same answer takes its place.

    Raises UnknownInteraction if there is no such answer.
    """
    with database.writing() as session:
        require(session, interaction_id)
        rate_within(session, interaction_id, rater, value, utc_now())


def rate_within(
    session: Session, interaction_id: str, rater: str, value: int, rated_at: dt.datetime
) -> None:
    vote = {"interaction_id": interaction_id, "rater": rater}
    changed = {"value": value, "rated_at": rated_at}
    upsert = insert_for(session.get_bind().dialect, Rating).values(**vote, **changed)
    session.execute(upsert.on_conflict_do_update(index_elements=list(vote), set_=changed))
    session.add(RatingChange(**vote, **changed))


def correct(database: Database, correction: CorrectionRecord) -> int:
    """Store what was wrong and return the correction's id. Raises UnknownInteraction."""
    with database.writing() as session:
        require(session, correction.interaction_id)
        row = Correction(
            interaction_id=correction.interaction_id,
            author=correction.author,
            fault=correction.fault,
            right_answer=correction.right_answer,
            right_document=correction.right_document,
        )
        session.add(row)
        session.flush()
        return row.id


def require(session: Session, interaction_id: str) -> None:
    if session.get(Interaction, interaction_id) is None:
        raise UnknownInteraction


def vote_of(database: Database, interaction_id: str, rater: str) -> int | None:
    with database.reading() as session:
        rating = session.get(Rating, (interaction_id, rater))
        return None if rating is None else rating.value


def history_of(database: Database, interaction_id: str, rater: str) -> list[int]:
    """Every vote of a person on an answer, oldest first."""
    with database.reading() as session:
        query = select(RatingChange.value).where(
            RatingChange.interaction_id == interaction_id, RatingChange.rater == rater
        )
        return list(session.scalars(query.order_by(RatingChange.id)))


def corrections_of(database: Database, interaction_id: str) -> list[CorrectionRecord]:
    with database.reading() as session:
        query = select(Correction).where(Correction.interaction_id == interaction_id)
        names = CorrectionRecord.__dataclass_fields__
        return [
            CorrectionRecord(**{name: getattr(row, name) for name in names})
            for row in session.scalars(query.order_by(Correction.id))
        ]


def count_ratings(database: Database) -> RatingCount:
    with database.reading() as session:
        query = select(Rating.value, func.count()).group_by(Rating.value)
        counts: dict[int, int] = dict(session.execute(query).all())
        return RatingCount(up=counts.get(1, 0), down=counts.get(-1, 0))


def count_corrections(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Correction)) or 0
