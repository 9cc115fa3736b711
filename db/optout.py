"""Who does not want to be learned from: nothing that they ask, rate or correct trains."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from db.engine import Database
from db.inbox import affected
from db.models import OptOut
from db.sql import insert_for
from db.types import utc_now


def opt_out(database: Database, person: str) -> bool:
    """False if this person had opted out before; the first time stands."""
    with database.writing() as session:
        row = insert_for(session.get_bind().dialect, OptOut).values(person=person, since=utc_now())
        stored = row.on_conflict_do_nothing().returning(OptOut.person)
        return session.scalar(stored) is not None


def opt_in(database: Database, person: str) -> bool:
    """False if this person had not opted out."""
    with database.writing() as session:
        return affected(session, delete(OptOut).where(OptOut.person == person)) == 1


def opted_out(database: Database) -> frozenset[str]:
    """Everybody who has opted out."""
    return frozenset(since(database))


def since(database: Database) -> dict[str, dt.datetime]:
    """When each of them did, who was first coming first."""
    with database.reading() as session:
        rows = session.scalars(select(OptOut).order_by(OptOut.since, OptOut.person))
        return {row.person: row.since for row in rows}
