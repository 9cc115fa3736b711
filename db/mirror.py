"""What another vector store has to be told, and what is read back for its candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Document, Passage
from db.passages import Half, batches, visible_in


@dataclass(frozen=True, slots=True)
class MirroredPassage:
    id: int
    document_id: int
    source_id: int
    vector: Half


def added_in(session: Session, version: int) -> Iterator[MirroredPassage]:
    """The passages of the documents that a version adds."""
    query = (
        select(Passage.id, Passage.document_id, Passage.source_id, Passage.vector)
        .join(Document)
        .where(Document.added_in == version)
        .execution_options(yield_per=1000)
    )
    with session.execute(query) as rows:
        yield from (MirroredPassage(*row) for row in rows)


def removed_until(session: Session, version: int) -> list[int]:
    """The documents that this version shows no more, for as long as they are not swept."""
    return list(session.scalars(select(Document.id).where(Document.removed_in <= version)))


def visible_vectors(session: Session, version: int, ids: Sequence[int]) -> dict[int, Half]:
    """The vectors of those passages that a version shows, by id."""
    found: dict[int, Half] = {}
    for some in batches(ids):
        query = (
            select(Passage.id, Passage.vector)
            .join(Document)
            .where(visible_in(version), Passage.id.in_(some))
        )
        found.update((passage_id, vector) for passage_id, vector in session.execute(query))
    return found
