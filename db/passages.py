"""Read the knowledge base: the live version, its vectors, its passages and documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import BindParameter, bindparam, func, or_, select
from sqlalchemy.orm import Session

from db.models import Document, IndexVersion, Passage, Source

Half = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class StoredPassage:
    id: int
    document_id: int
    path: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    page: int | None
    source: str
    uri: str


@dataclass(frozen=True, slots=True)
class LiveVersion:
    id: int
    fingerprint: str
    model: str
    dimension: int
    finished_at: dt.datetime | None
    report: dict[str, Any] | None


# Built once, and of the tables: a statement of the models takes longer to prepare than SQLite needs
# to answer it.
VERSIONS, DOCUMENTS, PASSAGES = (m.__table__.c for m in (IndexVersion, Document, Passage))
LIVE = select(VERSIONS.id).where(VERSIONS.status == "live")
BY_ID = (
    select(
        PASSAGES.id,
        PASSAGES.document_id,
        DOCUMENTS.path,
        DOCUMENTS.title,
        PASSAGES.heading,
        PASSAGES.text,
        PASSAGES.start,
        PASSAGES.end,
        PASSAGES.page,
        DOCUMENTS.source,
        DOCUMENTS.uri,
    )
    .join(Document.__table__, DOCUMENTS.id == PASSAGES.document_id)
    .where(PASSAGES.id.in_(bindparam("ids", expanding=True)))
)


def live_version(session: Session) -> LiveVersion | None:
    row = session.scalars(select(IndexVersion).where(IndexVersion.status == "live")).first()
    if row is None:
        return None
    return LiveVersion(**{name: getattr(row, name) for name in LiveVersion.__dataclass_fields__})


def live_version_id(session: Session) -> int | None:
    return session.connection().scalar(LIVE)


def get_passages(session: Session, ids: Sequence[int]) -> dict[int, StoredPassage]:
    """Passages by id; ids that a later reindex has deleted are missing."""
    rows = session.connection().execute(BY_ID, {"ids": list(ids)})
    return {row[0]: StoredPassage(*row) for row in rows}


def vectors_by_hash(session: Session, hashes: Sequence[str], fingerprint: str) -> dict[str, Half]:
    """Vectors that an equal passage has already, made under the same fingerprint."""
    found: dict[str, Half] = {}
    for some in batches(hashes):
        query = (
            select(Passage.text_hash, Passage.vector)
            .join(Document)
            .join(IndexVersion, IndexVersion.id == Document.added_in)
            .where(Passage.text_hash.in_(some), IndexVersion.fingerprint == fingerprint)
        )
        found.update((text_hash, vector) for text_hash, vector in session.execute(query))
    return found


def get_document(
    session: Session, path: str, labels: Collection[str] | None = None
) -> tuple[str, str] | None:
    """Title and text of the live document at `path` in a source whose audience has one of `labels`.

    None stands for all sources.
    """
    live = live_version_id(session) or 0
    query = (
        select(Document.title, Document.text, Source.audience)
        .join(Source, Source.name == Document.source)
        .where(Document.path == path, visible_in(live))
        .order_by(Document.id)
    )
    for title, text, audience in session.execute(query):
        if labels is None or not set(labels).isdisjoint(audience):
            return title, text
    return None


def get_text(session: Session, document_id: int, start: int, end: int) -> str | None:
    """The characters from `start` to `end` of a document; None where it is gone."""
    part = func.substr(Document.text, start + 1, end - start)
    return session.scalar(select(part).where(Document.id == document_id))


def count_live(session: Session) -> tuple[int, int]:
    """How many documents and passages the live version shows."""
    live = visible_in(live_version_id(session) or 0)
    documents = session.scalar(select(func.count()).select_from(Document).where(live)) or 0
    passages = session.scalar(select(func.count()).select_from(Passage).join(Document).where(live))
    return documents, passages or 0


def sources_of(session: Session, ids: Sequence[int]) -> list[str]:
    """The names of the sources of some passages, each once, in the order of the ids."""
    query = select(Passage.id, Document.source).join(Document).where(Passage.id.in_(ids))
    found: dict[int, str] = dict(session.execute(query).all())
    return list(dict.fromkeys(found[i] for i in ids if i in found))


def visible_in(version: int | BindParameter[int]) -> Any:
    gone = or_(Document.removed_in.is_(None), Document.removed_in > version)
    return (Document.added_in <= version) & gone


def batches(items: Sequence[Any], size: int = 500) -> Iterable[Sequence[Any]]:
    return (items[i : i + size] for i in range(0, len(items), size))
