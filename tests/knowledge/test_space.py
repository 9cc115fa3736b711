"""A new index is begun only where it fits, and a disk that fills up on the way costs nothing."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from db.engine import Database
from db.room import live_bytes, room_of
from knowledge.base import Knowledge, build_knowledge
from knowledge.errors import KnowledgeUnusable

from .conftest import CountingEmbedder, Folder

CARD = "The green card is new."
Usage = namedtuple("Usage", "total used free")


@contextmanager
def limited_to(database: Database, pages: int) -> Iterator[None]:
    """The database's file cannot grow beyond so many pages, as on a disk that is full."""

    def limit(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(database.engine, "checkout", limit)
    yield
    event.remove(database.engine, "checkout", limit)
    database.engine.dispose()


def pages_of(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


def larger(tiny: Knowledge) -> Knowledge:
    """The same knowledge base with another embedding model."""
    model = CountingEmbedder(dimension=48, sha256="1" * 64)
    return build_knowledge(tiny.database, model, tiny.settings)


def with_free_bytes(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - free, free))


def test_a_new_model_is_refused_before_it_embeds_where_the_disk_has_no_room(
    tiny: Knowledge, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({f"{n}.md": f"{CARD} " * 400 for n in range(20)})
    version = tiny.reindex().version
    changed = larger(tiny)
    with_free_bytes(monkeypatch, 100)

    with pytest.raises(
        KnowledgeUnusable, match=r"needs about \d+ MB, and 0 MB are free on /.*room"
    ):
        changed.reindex()

    assert changed.embedder.texts == []
    assert tiny.status().version == version


def test_what_a_new_model_needs_is_in_the_report(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD})
    first = tiny.reindex()
    second = larger(tiny).reindex()

    assert first.needed_bytes is None
    assert 500 < (second.needed_bytes or 0) < 5000


def test_a_run_that_changes_little_does_not_ask_for_room(
    tiny: Knowledge, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"card.md": CARD})
    tiny.reindex()
    with_free_bytes(monkeypatch, 0)
    folder.write({"door.md": "The night door is shut."})

    assert tiny.reindex().total("added") == 1


def test_the_estimate_is_near_what_a_build_takes(tiny: Knowledge, folder: Folder) -> None:
    empty = pages_of(tiny.database)
    words = [f"word{n * 7919 % 5000}" for n in range(60_000)]
    folder.write({f"{n}.md": " ".join(words[n * 300 : n * 300 + 300]) for n in range(200)})
    tiny.reindex()

    with tiny.database.reading() as session:
        estimate = live_bytes(session, tiny.embedder.dimension)
    took = (pages_of(tiny.database) - empty) * 4096
    assert 0.6 * took < estimate < 1.6 * took


def test_room_is_what_is_free_beside_the_database_and_inside_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_free_bytes(monkeypatch, 5_000_000)
    room = room_of(database)

    assert room is not None
    assert room.free >= 5_000_000
    assert room.folder == Path(str(database.engine.url.database)).parent


def test_a_disk_that_fills_up_leaves_the_old_index_and_the_next_run_goes_on(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"card.md": CARD})
    version = tiny.reindex().version
    folder.write({f"{n:03}.md": f"Desk {n} has words. " * 60 for n in range(400)})
    counting.texts.clear()
    with (
        limited_to(tiny.database, pages_of(tiny.database) + 300),
        pytest.raises(KnowledgeUnusable, match=r"disk .* is full; make room .* not done again"),
    ):
        tiny.reindex()
    old = [passage.path for passage in tiny.retriever.find("the green card").passages]
    counting.texts.clear()

    report = tiny.reindex()

    assert old == ["card.md"]
    assert report.version > version
    assert 0 < len(counting.texts) < 800
    assert tiny.status().documents == 401
