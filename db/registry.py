"""Which release answers now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Release
from db.sql import take_turns
from db.types import utc_now

# Any constant will do, if nothing else takes turns on it.
RELEASE_TURN = 7_305_469


@dataclass(frozen=True, slots=True)
class ReleaseParts:
    """What a release is made of: two releases with equal parts are one."""

    embedding_model: str
    generator: str
    prompt_version: str
    retriever_adapter: str | None = None
    generator_adapter: str | None = None


def live_release(database: Database) -> tuple[int, ReleaseParts] | None:
    with database.reading() as session:
        row = live_row(session)
        return None if row is None else (row.id, parts_of(row))


def ensure_live(database: Database, parts: ReleaseParts) -> int:
    """Make a release of these parts live, unless it is already, and return its id."""
    with database.writing() as session:
        take_turns(session, RELEASE_TURN)
        row = live_row(session)
        if row is not None and parts_of(row) == parts:
            return row.id
        retire = update(Release).where(Release.status == "live").values(status="retired")
        session.execute(retire)
        values = {name: getattr(parts, name) for name in ReleaseParts.__dataclass_fields__}
        new = Release(status="live", promoted_at=utc_now(), **values)
        session.add(new)
        session.flush()
        return new.id


def live_row(session: Session) -> Release | None:
    return session.scalars(select(Release).where(Release.status == "live")).first()


def parts_of(row: Release) -> ReleaseParts:
    return ReleaseParts(**{name: getattr(row, name) for name in ReleaseParts.__dataclass_fields__})
