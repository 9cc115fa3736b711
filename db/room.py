"""Whether there is room on the disk: what an index takes up, what is free, and when it is full."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Document, Passage
from db.passages import live_version_id, visible_in

TERMS_SHARE = 3.2
"""What a passage's text takes: itself, its terms, and the full text index of these; measured."""
PASSAGE_BYTES = 450
DOCUMENT_BYTES = 300
"""Beside the texts: keys, hashes, offsets, and the indexes over them."""


class DiskIsFull(Exception):
    """The disk on which the database lies is full; make room there and run it again."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free for the database, and the folder that they are free in."""

    free: int
    folder: Path


@contextmanager
def writing(database: Database) -> Iterator[Session]:
    """As the database's own. Raises DiskIsFull."""
    try:
        with database.writing() as session:
            yield session
    except DBAPIError as error:
        if is_full(error.orig):
            raise DiskIsFull(DiskIsFull.__doc__) from error
        raise


def is_full(error: object) -> bool:
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == "53100"


def live_bytes(session: Session, dimension: int) -> int:
    """About what the live version's documents take up in the database, vectors of `dimension`."""
    live = visible_in(live_version_id(session) or 0)
    documents, document_text = session.execute(
        select(func.count(), func.sum(func.length(Document.text))).where(live)
    ).one()
    passages, passage_text = session.execute(
        select(func.count(), func.sum(func.length(Passage.text))).join(Document).where(live)
    ).one()
    texts = (document_text or 0) + TERMS_SHARE * (passage_text or 0)
    rest = (2 * dimension + PASSAGE_BYTES) * passages + DOCUMENT_BYTES * documents
    return int(texts + rest)


def room_of(database: Database) -> Room | None:
    """None where the database lies on a server, whose disk cannot be seen from here."""
    if not database.is_sqlite:
        return None
    folder = Path(str(database.engine.url.database)).absolute().parent
    with database.reading() as session:
        unused = (
            session.scalar(
                text(
                    "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
                )
            )
            or 0
        )
    return Room(shutil.disk_usage(folder).free + int(unused), folder)
