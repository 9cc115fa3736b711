"""What a search in memory reads of one version of the knowledge base (SQLite)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from db.fulltext import sqlite
from db.passages import Half, batches

Ids = npt.NDArray[np.int64]

# Two searches of covering indexes: the rows themselves hold the texts of the documents.
SHOWN = text(
    "SELECT id FROM document WHERE added_in <= :version "
    "EXCEPT SELECT id FROM document WHERE removed_in <= :version"
)
# As bytes, and not through the model: 100,000 vectors take a third of the time.
PASSAGES = text(
    "SELECT passage.id, document_id, source_id, sz, vector FROM passage "
    "JOIN passage_fts_docsize AS size ON size.id = passage.id "
    "WHERE document_id IN :documents ORDER BY passage.id"
).bindparams(bindparam("documents", expanding=True))
# Nothing is near to nothing: what an adapter has not read yet is found by its words.
ADAPTED = text(
    "SELECT passage.id, document_id, source_id, sz, "
    "coalesce(adapted_vector.vector, zeroblob(length(passage.vector))) FROM passage "
    "JOIN passage_fts_docsize AS size ON size.id = passage.id "
    "LEFT JOIN adapted_vector ON passage_id = passage.id AND space = :space "
    "WHERE document_id IN :documents ORDER BY passage.id"
).bindparams(bindparam("documents", expanding=True))

READ = text(
    "SELECT 1 FROM adapted_vector WHERE space = :space AND passage_id IN :passages LIMIT 1"
).bindparams(bindparam("passages", expanding=True))


@dataclass(frozen=True, slots=True)
class Rows:
    """Passages as columns, each of shape (passages,)."""

    ids: Ids
    documents: Ids
    sources: Ids
    lengths: Ids
    """In terms, headings included."""

    def __len__(self) -> int:
        return len(self.ids)

    def chosen(self, mask: npt.NDArray[np.bool_]) -> Rows:
        return Rows(*(getattr(self, name)[mask] for name in self.__slots__))


def joined(parts: Sequence[Rows]) -> Rows:
    names = Rows.__slots__
    columns = ([getattr(part, name) for part in parts] for name in names)
    return Rows(*(np.concatenate([np.zeros(0, np.int64), *column]) for column in columns))


@dataclass(frozen=True, slots=True)
class View:
    """A version as one transaction sees it, whatever is built or swept meanwhile."""

    session: Session
    version: int
    space: str | None = None
    """Whose vectors are read: of the adapter of these weights; None, of the model as it is."""

    def documents(self) -> Ids:
        """The ids of the documents that this version shows, rising."""
        ids = self.session.scalars(SHOWN, {"version": self.version}).all()
        return np.sort(np.array(ids, dtype=np.int64))

    def total(self) -> int:
        """The number of passages of every version: no fewer than this one shows."""
        return sqlite.total(self.session)

    def passages(self, documents: Sequence[int]) -> Iterator[tuple[Rows, Half]]:
        """The passages of these documents, with vectors of shape (passages, dimension); of those
        that an adapter has not read yet they are 0."""
        query, which = (PASSAGES, {}) if self.space is None else (ADAPTED, {"space": self.space})
        for some in batches(documents):
            found = self.session.execute(query, {"documents": some, **which}).all()
            if found:
                ids, of, sources, sizes, vectors = zip(*found, strict=True)
                lengths = [sum(sqlite.decoded(size)) for size in sizes]
                columns = (np.array(x, dtype=np.int64) for x in (ids, of, sources, lengths))
                halves = np.frombuffer(b"".join(vectors), dtype=np.float16)
                yield Rows(*columns), halves.reshape(len(found), -1)

    def has_any(self, passages: Sequence[int]) -> bool:
        """Whether the adapter has read any of these passages by now."""
        values = {"space": self.space, "passages": passages}
        return self.session.scalar(READ, values) is not None

    def places(self, terms: Sequence[str]) -> dict[str, Ids]:
        """For each term the id of a passage, of any version, for each time that it holds it."""
        return sqlite.find_places(self.session, terms)
