"""Who may read what: the sources of the documents and their audiences."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, cast, select, true
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import IndexVersion, Source
from db.passages import live_version_id
from db.sql import insert_for

PUBLIC = "public"

SOURCES, VERSIONS = Source.__table__.c, IndexVersion.__table__.c
# As text: each search reads all of them, and they are nearly always those of the search before.
AUDIENCES = select(SOURCES.id, cast(SOURCES.audience, Text))
# In one statement, to save a round trip.
LIVE_AND_AUDIENCES = (
    select(VERSIONS.id, SOURCES.id, cast(SOURCES.audience, Text))
    .join_from(IndexVersion.__table__, Source.__table__, true(), isouter=True)
    .where(VERSIONS.status == "live")
)


def keep_audiences(database: Database, audiences: Mapping[str, Sequence[str]]) -> None:
    """From now on each named source is read by its audience, and every other one by nobody."""
    with database.writing() as session:
        stored = {source.name: source for source in session.scalars(select(Source))}
        for name in audiences.keys() - stored.keys():
            session.add(Source(name=name, audience=list(audiences[name])))
        for name, source in stored.items():
            source.audience = list(audiences.get(name, ()))


def source_id(session: Session, name: str) -> int:
    """The id of a source; one whose audience nobody has named yet is read by nobody."""
    insert = insert_for(session.get_bind().dialect, Source).values(name=name, audience=[])
    session.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
    return session.scalars(select(Source.id).where(Source.name == name)).one()


def readable(session: Session, labels: Collection[str]) -> list[int] | None:
    """The ids of the sources whose audience has one of `labels`; None if these are all of them."""
    return of_audience(session.execute(AUDIENCES).all(), labels)


def shown_to(
    session: Session, labels: Collection[str] | None
) -> tuple[int | None, list[int] | None]:
    """The id of the live version, None before the first, and the ids of the `readable` sources;
    without labels all are."""
    if labels is None:
        return live_version_id(session), None
    rows = session.connection().execute(LIVE_AND_AUDIENCES).all()
    found = [(source, audience) for _, source, audience in rows if source is not None]
    version = rows[0][0] if rows else None
    return version, of_audience(found, labels)


def of_audience(rows: Sequence[Any], labels: Collection[str]) -> list[int] | None:
    """Of rows of an id and an audience; None for all."""
    ids = [row_id for row_id, audience in rows if not decoded(audience).isdisjoint(labels)]
    return None if len(ids) == len(rows) else ids


@lru_cache(maxsize=4_096)
def decoded(audience: str) -> frozenset[Any]:
    return frozenset(json.loads(audience))
