"""Build a version of the knowledge base beside the live one, switch to it, sweep up after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Document, IndexVersion, Passage
from db.passages import Half, batches, live_version_id, visible_in
from db.room import writing
from db.sources import source_id
from db.sql import take_turns
from db.types import utc_now

# Any constant will do, if nothing else takes turns on it.
BUILD_TURN = 7_305_470
TOGETHER = 200
"""Documents whose passages are laid out for the database at once."""


class VersionIsGone(Exception):
    """Another reindex has discarded the version that this one was building; run it again."""


@dataclass(frozen=True, slots=True)
class NewPassage:
    heading: str
    text: str
    start: int
    end: int
    page: int | None
    text_hash: str
    vector: Half
    heading_terms: str
    body_terms: str


@dataclass(frozen=True, slots=True)
class NewDocument:
    source: str
    path: str
    title: str
    text: str
    size: int
    modified_ns: int
    content_hash: str
    passages: tuple[NewPassage, ...]
    uri: str = ""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What a reindex compares with: enough to tell unchanged, changed and moved apart."""

    id: int
    source: str
    path: str
    size: int
    modified_ns: int
    content_hash: str
    building: bool
    """Added by the version that is being built, perhaps by a run that was killed."""


def begin_version(database: Database, fingerprint: str, model: str, dimension: int) -> int:
    """Start the next version, or go on with one of the same fingerprint that a kill left behind."""
    with writing(database) as session:
        take_turns(session, BUILD_TURN)
        building = session.scalars(
            select(IndexVersion).where(IndexVersion.status == "building")
        ).all()
        for version in building:
            if version.fingerprint == fingerprint:
                return version.id
            session.execute(delete(Document).where(Document.added_in == version.id))
            version.status = "retired"
        new = IndexVersion(
            status="building", fingerprint=fingerprint, model=model, dimension=dimension
        )
        session.add(new)
        session.flush()
        return new.id


def known_documents(session: Session, building: int) -> list[KnownDocument]:
    """The documents of the live version and those already added to the one being built."""
    live = live_version_id(session)
    query = select(
        Document.id,
        Document.source,
        Document.path,
        Document.size,
        Document.modified_ns,
        Document.content_hash,
        Document.added_in == building,
    ).where(or_(Document.added_in == building, visible_in(live or 0)))
    return [KnownDocument(*row) for row in session.execute(query)]


def load_document(session: Session, document_id: int) -> NewDocument:
    """A stored document with its passages in order, such that it could be added once more."""
    row = session.get_one(Document, document_id)
    query = select(Passage).where(Passage.document_id == document_id).order_by(Passage.position)
    passages = tuple(
        NewPassage(**{name: getattr(passage, name) for name in NewPassage.__dataclass_fields__})
        for passage in session.scalars(query)
    )
    names = NewDocument.__dataclass_fields__.keys() - {"passages"}
    return NewDocument(**{name: getattr(row, name) for name in names}, passages=passages)


def add_documents(database: Database, version: int, documents: Iterable[NewDocument]) -> None:
    """Add documents with their passages to a version that is not live yet, in one transaction.

    Raises VersionIsGone, DiskIsFull.
    """
    remaining = iter(documents)
    with writing(database) as session:
        require_building(session, version)
        sources: dict[str, int] = {}
        while some := list(islice(remaining, TOGETHER)):
            ids = insert_documents(session, version, some)
            for name in {new.source for new in some} - sources.keys():
                sources[name] = source_id(session, name)
            rows = [
                row
                for new, document_id in zip(some, ids, strict=True)
                for row in passage_rows(new, document_id, sources[new.source])
            ]
            # Without objects of their own: a large document holds up nobody's writing for long.
            for batch in batches(rows):
                session.execute(insert(Passage), batch)


def insert_documents(session: Session, version: int, some: Sequence[NewDocument]) -> list[int]:
    names = NewDocument.__dataclass_fields__.keys() - {"passages"}
    rows = [{name: getattr(new, name) for name in names} | {"added_in": version} for new in some]
    query = insert(Document).returning(Document.id, sort_by_parameter_order=True)
    return list(session.scalars(query, rows))


def passage_rows(new: NewDocument, document_id: int, from_source: int) -> Iterator[dict[str, Any]]:
    place = {"document_id": document_id, "source_id": from_source}
    for position, passage in enumerate(new.passages):
        values = {name: getattr(passage, name) for name in NewPassage.__dataclass_fields__}
        yield {**place, "position": position, **values}


def discard_documents(database: Database, ids: Sequence[int]) -> None:
    """Take back documents of a version that is not live: their files have changed meanwhile."""
    with writing(database) as session:
        for some in batches(ids):
            session.execute(delete(Document).where(Document.id.in_(some)))


def switch(
    database: Database, version: int, removed: Sequence[int], report: dict[str, Any]
) -> None:
    """Make a built version live without the documents `removed`, in one transaction.

    Raises VersionIsGone.
    """
    with writing(database) as session:
        require_building(session, version)
        for some in batches(removed):
            session.execute(
                update(Document).where(Document.id.in_(some)).values(removed_in=version)
            )
        session.execute(
            update(IndexVersion).where(IndexVersion.status == "live").values(status="retired")
        )
        session.execute(
            update(IndexVersion)
            .where(IndexVersion.id == version)
            .values(status="live", finished_at=utc_now(), report=report)
        )


def require_building(session: Session, version: int) -> None:
    # Locked, such that no other build discards it before this transaction has ended.
    status = select(IndexVersion.status).where(IndexVersion.id == version).with_for_update()
    if session.scalar(status) != "building":
        raise VersionIsGone(VersionIsGone.__doc__)


def cancel_version(database: Database, version: int) -> None:
    """Give up a version to which nothing was added: there was nothing to change."""
    with writing(database) as session:
        session.execute(delete(Document).where(Document.added_in == version))
        session.execute(delete(IndexVersion).where(IndexVersion.id == version))


def touch_live(database: Database, report: dict[str, Any]) -> None:
    """A reindex found nothing to change: the live version is as of now."""
    with writing(database) as session:
        session.execute(
            update(IndexVersion)
            .where(IndexVersion.status == "live")
            .values(finished_at=utc_now(), report=report)
        )


def sweep(database: Database) -> None:
    """Delete what no version shows any more, a little at a time, so that nobody waits for it."""
    with database.reading() as session:
        live = live_version_id(session) or 0
        gone = session.scalars(select(Document.id).where(Document.removed_in <= live)).all()
    for some in batches(gone, 50):
        with writing(database) as session:
            session.execute(delete(Document).where(Document.id.in_(some)))
