"""The live documents by name, and their passages as they can be compared with a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from db.models import Document, Passage, Source
from db.passages import Half, batches, live_version_id, visible_in
from db.sources import PUBLIC, readable


@dataclass(frozen=True, slots=True)
class LiveDocument:
    id: int
    source: str
    path: str
    title: str
    uri: str
    added_in: int
    """The version that it came with, or changed in."""


@dataclass(frozen=True, slots=True)
class LivePassage:
    """`terms` are the words of its headings and its text as the full text index compares them."""

    id: int
    document: LiveDocument
    source_id: int
    heading: str
    text: str
    terms: frozenset[str]
    vector: Half = field(compare=False)


def live_documents(session: Session) -> list[LiveDocument]:
    return [LiveDocument(*row) for row in session.execute(DOCUMENTS.where(live_in(session)))]


def texts_at(session: Session, paths: Collection[str]) -> dict[str, list[str]]:
    """The texts of the live documents at these paths; a path without one is missing."""
    query = select(Document.path, Document.text).where(live_in(session))
    texts: dict[str, list[str]] = {}
    for path, text in session.execute(query.where(Document.path.in_(paths))):
        texts.setdefault(path, []).append(text)
    return texts


def read_by_all(session: Session, paths: Collection[str]) -> set[str]:
    """Of these paths, those whose live documents, of whatever sources, everybody may read."""
    public = readable(session, [PUBLIC])
    query = select(Document.path, Source.id).join(Source, Source.name == Document.source)
    query = query.where(live_in(session), Document.path.in_(paths))
    found: set[str] = set()
    closed: set[str] = set()
    for path, source_id in session.execute(query):
        (found if public is None or source_id in public else closed).add(path)
    return found - closed


def passages_of(session: Session, document_ids: Sequence[int]) -> list[LivePassage]:
    """The passages of the live ones among these documents, in the order of the text."""
    query = PASSAGES.where(live_in(session)).order_by(Document.id, Passage.position)
    return [
        to_passage(row)
        for some in batches(document_ids)
        for row in session.execute(query.where(Document.id.in_(some)))
    ]


def passages_by_id(session: Session, ids: Sequence[int]) -> dict[int, LivePassage]:
    """Those that the live version shows, by id."""
    query = PASSAGES.where(live_in(session), Passage.id.in_(ids))
    return {row[0]: to_passage(row) for row in session.execute(query)}


DOCUMENT_COLUMNS = (
    Document.id,
    Document.source,
    Document.path,
    Document.title,
    Document.uri,
    Document.added_in,
)
DOCUMENTS = select(*DOCUMENT_COLUMNS).order_by(Document.id)
PASSAGES = select(
    Passage.id,
    Passage.source_id,
    Passage.heading,
    Passage.text,
    Passage.heading_terms,
    Passage.body_terms,
    Passage.vector,
    *DOCUMENT_COLUMNS,
).join(Document)


def live_in(session: Session) -> ColumnElement[bool]:
    shown: ColumnElement[bool] = visible_in(live_version_id(session) or 0)
    return shown


def to_passage(row: Any) -> LivePassage:
    passage_id, source_id, heading, text, heading_terms, body_terms, vector, *document = row
    terms = frozenset(f"{heading_terms} {body_terms}".split())
    return LivePassage(passage_id, LiveDocument(*document), source_id, heading, text, terms, vector)
