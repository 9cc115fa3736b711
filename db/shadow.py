"""The shadow index: each passage's vector as an adapter reads it, made while another one serves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, delete, func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import AdaptedVector, Document, IndexVersion, Passage
from db.passages import Half, batches, visible_in
from db.room import writing
from db.sql import insert_for

FORGOTTEN = 5_000
"""Vectors that are deleted in one transaction: others want to write as well."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A passage of which there is no vector yet."""

    id: int
    title: str
    heading: str
    text: str


def unread(session: Session, version: int, space: str, after: int, limit: int) -> list[Unread]:
    """The first of the passages behind id `after`, as they follow, that a version shows and of
    which this space has no vector."""
    query = (
        lacking(select(Passage.id, Document.title, Passage.heading, Passage.text), version, space)
        .where(Passage.id > after)
        .order_by(Passage.id)
        .limit(limit)
    )
    return [Unread(*row) for row in session.execute(query)]


def count_unread(session: Session, version: int, space: str) -> int:
    return session.scalar(lacking(select(func.count(Passage.id)), version, space)) or 0


def lacking(query: Select, version: int, space: str) -> Select:  # type: ignore[type-arg]
    there = and_(AdaptedVector.passage_id == Passage.id, AdaptedVector.space == space)
    return (
        query.select_from(Passage)
        .join(Document)
        .outerjoin(AdaptedVector, there)
        .where(visible_in(version), AdaptedVector.passage_id.is_(None))
    )


def vectors_by_hash(
    session: Session, hashes: Sequence[str], space: str, fingerprint: str
) -> dict[str, Half]:
    """Vectors that an equal passage has already in this space, made under the same fingerprint."""
    found: dict[str, Half] = {}
    for some in batches(hashes):
        query = (
            select(Passage.text_hash, AdaptedVector.vector)
            .join(AdaptedVector, AdaptedVector.passage_id == Passage.id)
            .join(Document, Document.id == Passage.document_id)
            .join(IndexVersion, IndexVersion.id == Document.added_in)
            .where(
                Passage.text_hash.in_(some),
                AdaptedVector.space == space,
                IndexVersion.fingerprint == fingerprint,
            )
        )
        found.update((text_hash, vector) for text_hash, vector in session.execute(query))
    return found


def add_vectors(database: Database, space: str, vectors: Mapping[int, Half]) -> None:
    """Store the vectors of passages by id, but of those that are gone or have theirs already.

    Raises DiskIsFull.
    """
    with writing(database) as session:
        ids = list(vectors)
        # Locked, such that no sweep deletes them before this transaction has ended.
        query = select(Passage.id).where(Passage.id.in_(ids))
        there = session.scalars(query.with_for_update(read=True, key_share=True))
        rows = [{"passage_id": i, "space": space, "vector": vectors[i]} for i in there]
        if rows:
            adding = insert_for(session.get_bind().dialect, AdaptedVector)
            session.execute(adding.on_conflict_do_nothing(), rows)


def spaces(session: Session) -> list[str]:
    """Those of which there are vectors."""
    return list(session.scalars(select(AdaptedVector.space).distinct().order_by("space")))


def forget(database: Database, keep: Collection[str]) -> list[str]:
    """Delete the vectors of all other spaces, a little at a time; returns what these were."""
    with database.reading() as session:
        gone = [space for space in spaces(session) if space not in keep]
    for space in gone:
        while forget_some(database, space):
            pass
    return gone


def forget_some(database: Database, space: str) -> bool:
    with writing(database) as session:
        mine = select(AdaptedVector.passage_id).where(AdaptedVector.space == space)
        ids = session.scalars(mine.limit(FORGOTTEN)).all()
        for some in batches(ids):
            session.execute(
                delete(AdaptedVector).where(
                    AdaptedVector.space == space, AdaptedVector.passage_id.in_(some)
                )
            )
        return bool(ids)
