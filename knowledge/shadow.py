"""The shadow index: passages are read by an adapter of both sides while something else serves.

The vectors of the model as it is stay what they are. Those of an adapter stand beside them, and
whoever serves with it compares its questions with these: both change in one step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from db import pgvector_adapted, registry
from db import shadow as stored
from db.engine import Database
from db.passages import Half, live_version_id
from db.room import DiskIsFull
from db.shadow import Unread
from knowledge.adapters.base_model import base_of_embedder
from knowledge.adapters.check import check
from knowledge.adapters.sides import space_of
from knowledge.documents import Span
from knowledge.draft_vectors import DraftVectors
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.mirror import MIRRORED
from knowledge.passages import SEPARATOR, Draft
from knowledge.question_adapter import question_network
from knowledge.space import refuse_if_short, vector_bytes

log = logging.getLogger(__name__)

AT_ONCE = 256
"""Passages that are read and stored together: what a kill loses."""

OnDone = Callable[[int, int], None]
"""Hears how many passages are read, and how many there are to read; may raise to end it."""


def silent(done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Shadow:
    """Completes what adapters of both sides have to have read before they serve."""

    database: Database
    embedder: Embedder
    """The model as it is."""
    fingerprint: str
    """Of the index: equal passages that were made under it have equal vectors."""
    adapters: Path
    mirrored: bool = False
    """Whether another vector store searches."""
    at_once: int = AT_ONCE

    def complete(self, folder: Path, version: int | None = None, done: OnDone = silent) -> int:
        """Read what the adapter has not read of a version; the live one, if none is given.

        Returns how many passages these were: none for an adapter of questions alone. What was read
        stays when it is ended, and is not read again. Raises KnowledgeUnusable.
        """
        space = space_of(folder)
        if space is None:
            return 0
        if self.mirrored:
            raise KnowledgeUnusable(MIRRORED)
        shown, left = count_unread(self.database, space, version)
        if left:
            refuse_if_short(self.database, vector_bytes(left, self.embedder.dimension))
            network = question_network(self.embedder, folder)
            reader = DraftVectors(self.embedder.with_passages(network))
            try:
                self.read(reader, space, shown, left, done)
            except DiskIsFull as error:
                raise KnowledgeUnusable(
                    f"{error} What is live goes on serving, and what is done is not done again."
                ) from error
        if not self.database.is_sqlite:
            # Makes an index once there are many passages, and does nothing otherwise.
            pgvector_adapted.ensure_index(self.database, space, self.embedder.dimension)
        return left

    def read(
        self, reader: DraftVectors, space: str, version: int, total: int, done: OnDone
    ) -> None:
        """Passages that a reindex adds or sweeps meanwhile are read as they come, or left out."""
        after = read = 0
        while True:
            with self.database.reading() as session:
                some = stored.unread(session, version, space, after, self.at_once)
                drafts = {one.id: as_draft(one) for one in some}
                hashes = [draft.text_hash for draft in drafts.values()]
                known = stored.vectors_by_hash(session, hashes, space, self.fingerprint)
            if not some:
                return
            done(read, total)
            made = reader.embed([d for d in drafts.values() if d.text_hash not in known])
            stored.add_vectors(self.database, space, by_id(drafts, known | made))
            after, read = some[-1].id, read + len(some)
            done(min(read, total), total)

    def complete_serving(self, version: int | None, done: OnDone = silent) -> None:
        """Read what a version adds, the live one if none is given, by the adapters of the live
        release and of the one that a rollback returns to.

        An adapter that could not be served is left out. Raises KnowledgeUnusable if the disk has no
        room.
        """
        for name in [] if self.mirrored else registry.retrievers_serving(self.database):
            try:
                check(self.adapters / name, "retriever", base_of_embedder(self.embedder))
            except KnowledgeUnusable as error:
                log.warning("new passages are not read by the adapter %s: %s", name, error)
            else:
                self.complete(self.adapters / name, version, done)

    def forget(self) -> list[str]:
        """Delete the vectors of adapters that neither serve nor may soon, where that can be told;
        returns their spaces."""
        try:
            folders = [self.adapters / name for name in registry.retrievers_waiting(self.database)]
            needed = {space_of(folder) for folder in folders}
        except KnowledgeUnusable:
            # Of a damaged folder nobody knows what it needs; it may be restored.
            return []
        try:
            gone = stored.forget(self.database, {space for space in needed if space})
        except DiskIsFull:
            return []
        if gone and not self.database.is_sqlite:
            pgvector_adapted.drop_indexes(self.database, gone)
        return gone


def require(database: Database, space: str | None, mirrored: bool) -> None:
    """Raises KnowledgeUnusable where questions of a space would find passages not read yet."""
    if space is None:
        return
    if mirrored:
        raise KnowledgeUnusable(MIRRORED)
    _, left = count_unread(database, space, None)
    if left:
        raise KnowledgeUnusable(
            f"{left} passages have not been read by its adapter yet: `lorebot reindex` or "
            "promoting it again reads them."
        )


def count_unread(database: Database, space: str, version: int | None) -> tuple[int, int]:
    """The version, the live one if none is given, and how many of its passages are not read."""
    with database.reading() as session:
        shown = version or live_version_id(session) or 0
        return shown, stored.count_unread(session, shown, space)


def as_draft(one: Unread) -> Draft:
    heading = tuple(one.heading.split(SEPARATOR)) if one.heading else ()
    return Draft(one.title, Span(one.text, heading, 0, len(one.text)))


def by_id(drafts: Mapping[int, Draft], vectors: Mapping[str, Half]) -> dict[int, Half]:
    return {passage_id: vectors[draft.text_hash] for passage_id, draft in drafts.items()}
