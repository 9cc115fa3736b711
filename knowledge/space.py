"""Whether the disk has room for a new index beside the old one."""

from __future__ import annotations

from db.engine import Database
from db.room import live_bytes, room_of
from knowledge.errors import KnowledgeUnusable

SPARE = 1.2
"""For the journal, and for what was estimated too low."""
KEY_BYTES = 200
"""Beside a vector: whose it is, twice, for there is an index over it."""


def needed_bytes(database: Database, dimension: int) -> int:
    """What the live documents take up once more, with vectors of `dimension`."""
    with database.reading() as session:
        return int(SPARE * live_bytes(session, dimension))


def vector_bytes(passages: int, dimension: int) -> int:
    """What so many vectors take up beside those that the passages have."""
    return int(SPARE * (2 * dimension + KEY_BYTES) * passages)


def refuse_if_short(database: Database, needed: int) -> None:
    """Raises KnowledgeUnusable; on a server, whose disk cannot be seen, never."""
    room = room_of(database)
    if room is not None and needed > room.free:
        raise KnowledgeUnusable(
            f"A new index beside the old one needs about {needed / 1e6:,.0f} MB, and "
            f"{room.free / 1e6:,.0f} MB are free on {room.folder}: make room there and run it "
            "again. The old index goes on serving."
        )
