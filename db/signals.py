"""What people said of answers since a moment: what a cycle looks at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from db.engine import Database
from db.interactions import InteractionRecord, to_record
from db.models import Correction, Interaction, OptOut, Rating, VerifiedAnswer
from db.passages import batches
from db.types import utc_now

BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Vote:
    person: str
    value: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Correcting:
    """A correction as it stands: in the expert's words, if an expert has changed them."""

    id: int
    author: str
    fault: str
    right_answer: str | None
    right_document: str | None
    status: str
    """waiting, approved, rejected, or withdrawn: approved, and taken back later."""
    written_at: dt.datetime
    decided_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Signalled:
    """An answer with all that was said of it until now, whenever it was said."""

    id: str
    record: InteractionRecord
    asked_at: dt.datetime
    private: bool | None
    votes: tuple[Vote, ...]
    corrections: tuple[Correcting, ...]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """`question` is what was searched for."""

    id: str
    team: str | None
    asker: str
    question: str
    asked_at: dt.datetime


def settled_moment(database: Database) -> dt.datetime:
    """Now, once everything that was said before is stored: nothing falls between two cycles."""
    # SQLite's writers take turns with any statement. The order is that of a deletion's cascade.
    lock = "LOCK TABLE interaction, rating, correction IN SHARE MODE"
    with database.writing() as session:
        session.execute(text("SELECT 1" if database.is_sqlite else lock))
        return utc_now()


def rated_since(
    database: Database,
    since: dt.datetime | None,
    until: dt.datetime | None = None,
    also: Collection[str] = (),
) -> list[Signalled]:
    """The answers that were voted on, corrected, decided on or withheld in `since < t <= until`,
    and those that `also` names, oldest first. None is no limit."""
    with database.reading() as session:
        ids = {*signalled_ids(session, since, until), *also}
        found = [one for some in batches(sorted(ids)) for one in load(session, some)]
    return sorted(found, key=lambda one: (one.asked_at, one.id))


def signalled_ids(
    session: Session, since: dt.datetime | None, until: dt.datetime | None
) -> Iterator[str]:
    written = within(Correction.written_at, since, until)
    decided = within(Correction.decided_at, since, until)
    for query in (
        select(Rating.interaction_id).where(within(Rating.rated_at, since, until)),
        select(Correction.interaction_id).where(or_(written, decided)),
        select(Interaction.id).where(
            Interaction.abstained, within(Interaction.asked_at, since, until)
        ),
    ):
        yield from session.scalars(query)


def within(
    column: InstrumentedAttribute[dt.datetime] | InstrumentedAttribute[dt.datetime | None],
    since: dt.datetime | None,
    until: dt.datetime | None,
) -> ColumnElement[bool]:
    last = column <= until if until is not None else column.is_not(None)
    return and_(column > (since or BEGINNING), last)


def load(session: Session, ids: Sequence[str]) -> Iterator[Signalled]:
    votes = votes_of(session, ids)
    corrections = corrections_of(session, ids)
    query = select(Interaction).where(Interaction.id.in_(ids))
    for row in session.scalars(query.options(selectinload(Interaction.passages))):
        yield Signalled(
            id=row.id,
            record=to_record(row),
            asked_at=row.asked_at,
            private=row.private,
            votes=tuple(votes.get(row.id, ())),
            corrections=tuple(corrections.get(row.id, ())),
        )


def votes_of(session: Session, ids: Sequence[str]) -> dict[str, list[Vote]]:
    query = select(Rating).where(Rating.interaction_id.in_(ids))
    votes: dict[str, list[Vote]] = {}
    for row in session.scalars(query.order_by(Rating.rated_at, Rating.rater)):
        votes.setdefault(row.interaction_id, []).append(Vote(row.rater, row.value, row.rated_at))
    return votes


def corrections_of(session: Session, ids: Sequence[str]) -> dict[str, list[Correcting]]:
    query = (
        select(Correction, VerifiedAnswer.answer, VerifiedAnswer.withdrawn_at)
        .outerjoin(VerifiedAnswer, VerifiedAnswer.correction_id == Correction.id)
        .where(Correction.interaction_id.in_(ids))
        .order_by(Correction.id)
    )
    corrections: dict[str, list[Correcting]] = {}
    for row, verified, withdrawn_at in session.execute(query):
        one = Correcting(
            id=row.id,
            author=row.author,
            fault=row.fault,
            right_answer=verified or row.right_answer,
            right_document=row.right_document,
            status="withdrawn" if withdrawn_at is not None else row.status,
            written_at=row.written_at,
            decided_at=row.decided_at,
        )
        corrections.setdefault(row.interaction_id, []).append(one)
    return corrections


def asked_since(
    database: Database, since: dt.datetime | None, until: dt.datetime | None = None
) -> list[AskedQuestion]:
    """The questions whose asker is known, oldest first."""
    searched = func.coalesce(func.nullif(Interaction.standalone, ""), Interaction.question)
    query = (
        select(Interaction.id, Interaction.team, Interaction.asker, searched, Interaction.asked_at)
        .where(Interaction.asker.is_not(None), within(Interaction.asked_at, since, until))
        .order_by(Interaction.asked_at, Interaction.id)
    )
    with database.reading() as session:
        return [AskedQuestion(*row) for row in session.execute(query)]


def opted_out(database: Database) -> frozenset[str]:
    with database.reading() as session:
        return frozenset(session.scalars(select(OptOut.person)))
