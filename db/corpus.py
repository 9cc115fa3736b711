"""The passages that the live version shows, as a retriever trains against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Document, Passage
from db.passages import Half, live_version_id, visible_in

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class HeadedPassage:
    id: int
    source_id: int
    path: str
    title: str
    heading: str
    """The path of headings above the passage, joined by ' › '."""
    position: int
    """In its document, from 0."""
    text: str


def live_vectors(session: Session) -> Iterator[tuple[int, Half]]:
    """Id and vector, of shape (dimension,), of each passage, by rising id."""
    query = (
        select(Passage.id, Passage.vector)
        .join(Document)
        .where(visible_in(live_version_id(session) or 0))
        .order_by(Passage.id)
        .execution_options(yield_per=AT_ONCE)
    )
    with session.execute(query) as rows:
        yield from ((passage_id, vector) for passage_id, vector in rows)


def live_passages(session: Session) -> Iterator[HeadedPassage]:
    """By rising id."""
    columns = (
        Passage.id,
        Passage.source_id,
        Document.path,
        Document.title,
        Passage.heading,
        Passage.position,
        Passage.text,
    )
    query = (
        select(*columns)
        .join(Document)
        .where(visible_in(live_version_id(session) or 0))
        .order_by(Passage.id)
        .execution_options(yield_per=AT_ONCE)
    )
    with session.execute(query) as rows:
        yield from (HeadedPassage(*row) for row in rows)
