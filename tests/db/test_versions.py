"""A version is built beside the live one, goes live in one moment, and is swept up after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from db import versions
from db.engine import Database
from db.fulltext import TextSearch, count_terms
from db.mirror import visible_vectors
from db.models import Document, IndexVersion, Passage
from db.passages import (
    count_live,
    get_document,
    get_passages,
    live_version,
    vectors_by_hash,
)
from db.versions import KnownDocument, NewDocument

Make = Callable[..., NewDocument]
Publish = Callable[..., int]


def shown(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return count_live(session)


def rows(database: Database, table: Any = Document) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def known(database: Database, building: int) -> dict[str, KnownDocument]:
    with database.reading() as session:
        return {found.path: found for found in versions.known_documents(session, building)}


def live_id(database: Database) -> int | None:
    with database.reading() as session:
        live = live_version(session)
        return None if live is None else live.id


def id_of(database: Database, path: str) -> int:
    with database.reading() as session:
        return session.scalars(select(Document.id).where(Document.path == path)).one()


def hits(database: Database, *terms: str) -> int:
    with database.reading() as session:
        return len(TextSearch(session, terms).best(10))


def test_a_new_database_shows_nothing(database: Database) -> None:
    assert live_id(database) is None
    assert shown(database) == (0, 0)
    with database.reading() as session:
        assert get_document(session, "a.md") is None


def test_nothing_is_seen_before_the_switch(database: Database, document: Make) -> None:
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [document("a.md", "one", "two")])
    assert live_id(database) is None
    assert shown(database) == (0, 0)
    versions.switch(database, version, [], {"added": 1})
    assert live_id(database) == version
    assert shown(database) == (1, 2)


def test_the_live_version_tells_how_it_was_made(database: Database, publish: Publish) -> None:
    version = publish(database, [], fingerprint="f7")
    with database.reading() as session:
        live = live_version(session)
    assert live is not None
    assert (live.id, live.fingerprint, live.model, live.dimension) == (version, "f7", "model", 4)
    assert live.report == {"added": 0}
    assert live.finished_at is not None
    versions.touch_live(database, {"added": 0, "again": True})
    with database.reading() as session:
        touched = live_version(session)
    assert touched is not None
    assert (touched.id, touched.report) == (version, {"added": 0, "again": True})


def test_a_changed_document_takes_the_place_of_the_old_one(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "old words"), document("b.md", "other words")])
    old = id_of(database, "a.md")
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [document("a.md", "new words")])
    with database.reading() as session:
        assert get_document(session, "a.md") == ("a", "old words")
    versions.switch(database, version, [old], {})
    with database.reading() as session:
        assert get_document(session, "a.md") == ("a", "new words")
        assert get_document(session, "b.md") == ("b", "other words")
    assert shown(database) == (2, 2)


def test_a_reader_keeps_the_version_it_began_with(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "old words")])
    with database.reading() as session:
        ids = list(session.scalars(select(Passage.id)))
        publish(database, [document("b.md", "new words")], [id_of(database, "a.md")])
        versions.sweep(database)
        assert get_document(session, "a.md") == ("a", "old words")
        assert get_passages(session, ids)[ids[0]].text == "old words"
    assert shown(database) == (1, 1)


def test_a_removed_document_is_not_shown(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one"), document("b.md", "two")])
    second = publish(database, [], [id_of(database, "a.md")])
    with database.reading() as session:
        assert get_document(session, "a.md") is None
        ids = list(session.scalars(select(Passage.id)))
        assert len(visible_vectors(session, second, ids)) == 1
        assert len(visible_vectors(session, second - 1, ids)) == 2


def test_the_sweep_deletes_what_is_shown_no_more(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "apple", "apricot"), document("b.md", "banana")])
    publish(database, [document("c.md", "cherry")], [id_of(database, "a.md")])
    assert (rows(database), hits(database, "appl", "apricot")) == (3, 2)
    versions.sweep(database)
    assert (rows(database), rows(database, Passage)) == (2, 2)
    assert (hits(database, "appl", "apricot"), hits(database, "banana", "cherri")) == (0, 2)
    assert shown(database) == (2, 2)
    with database.reading() as session:
        assert count_terms(session, ["appl", "banana"]) == (2, {"appl": 0, "banana": 1})


def test_the_sweep_takes_many_documents_in_turn(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document(f"{n}.md", f"words {n}") for n in range(120)])
    with database.reading() as session:
        ids = list(session.scalars(select(Document.id)))
    publish(database, [], ids[:119])
    versions.sweep(database)
    assert shown(database) == (1, 1)
    assert rows(database) == 1


def test_the_sweep_leaves_a_version_alone_that_is_being_built(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one")])
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [document("b.md", "two")])
    versions.sweep(database)
    versions.switch(database, version, [], {})
    assert shown(database) == (2, 2)


def test_a_killed_build_is_gone_on_with(database: Database, document: Make) -> None:
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [document("a.md", "one")])
    assert versions.begin_version(database, "print", "model", 4) == version
    assert known(database, version)["a.md"].building
    assert rows(database) == 1


def test_a_build_of_another_fingerprint_is_discarded(
    database: Database, document: Make, publish: Publish
) -> None:
    live = publish(database, [document("a.md", "one")])
    stale = versions.begin_version(database, "other model", "model", 4)
    versions.add_documents(database, stale, [document("b.md", "two")])
    version = versions.begin_version(database, "print", "model", 4)
    assert version > stale > live
    assert rows(database) == 1
    assert shown(database) == (1, 1)


def test_a_discarded_build_cannot_go_live(
    database: Database, document: Make, publish: Publish
) -> None:
    live = publish(database, [document("a.md", "one")])
    stale = versions.begin_version(database, "other model", "model", 4)
    versions.begin_version(database, "print", "model", 4)
    with pytest.raises(versions.VersionIsGone, match="run it again"):
        versions.switch(database, stale, [id_of(database, "a.md")], {})
    assert live_id(database) == live
    assert shown(database) == (1, 1)


def test_a_discarded_build_takes_no_documents(database: Database, document: Make) -> None:
    stale = versions.begin_version(database, "other model", "model", 4)
    versions.begin_version(database, "print", "model", 4)
    with pytest.raises(versions.VersionIsGone):
        versions.add_documents(database, stale, [document("a.md", "one")])
    assert rows(database) == 0


def test_builds_that_begin_at_once_are_one(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    ids = together(4, lambda _: versions.begin_version(database, "print", "model", 4))
    assert len(set(ids)) == 1
    assert rows(database, IndexVersion) == 1


def test_a_cancelled_build_leaves_nothing(
    database: Database, document: Make, publish: Publish
) -> None:
    live = publish(database, [document("a.md", "one")])
    version = versions.begin_version(database, "print", "model", 4)
    versions.cancel_version(database, version)
    assert live_id(database) == live
    assert (rows(database, IndexVersion), shown(database)) == (1, (1, 1))


def test_known_documents_are_the_live_and_the_half_built(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one"), document("gone.md", "two")])
    publish(database, [], [id_of(database, "gone.md")])
    version = versions.begin_version(database, "print", "model", 4)
    new = replace(document("b.md", "three"), size=2**40)
    versions.add_documents(database, version, [new])
    found = known(database, version)
    assert {path: entry.building for path, entry in found.items()} == {"a.md": False, "b.md": True}
    entry = found["b.md"]
    assert (entry.id, entry.source, entry.size) == (id_of(database, "b.md"), "folder", 2**40)
    assert (entry.modified_ns, entry.content_hash) == (new.modified_ns, new.content_hash)


def test_half_built_documents_can_be_taken_back(database: Database, document: Make) -> None:
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [document("a.md", "one"), document("b.md", "two")])
    versions.discard_documents(database, [id_of(database, "a.md")])
    versions.discard_documents(database, [])
    assert set(known(database, version)) == {"b.md"}
    assert rows(database, Passage) == 1


def test_documents_are_added_all_or_none(database: Database, document: Make) -> None:
    version = versions.begin_version(database, "print", "model", 4)
    two = document("b.md", "two")
    nothing: Any = None
    broken = replace(two, passages=(replace(two.passages[0], text_hash=nothing),))
    with pytest.raises(IntegrityError):
        versions.add_documents(database, version, [document("a.md", "one"), broken])
    assert rows(database) == 0


def test_a_document_is_loaded_as_it_was_added(database: Database, document: Make) -> None:
    new = document("a.md", "one", "two – 二", heading="A › B")
    version = versions.begin_version(database, "print", "model", 4)
    versions.add_documents(database, version, [new])
    with database.reading() as session:
        loaded = versions.load_document(session, id_of(database, "a.md"))
    assert replace(loaded, passages=()) == replace(new, passages=())
    assert [p.vector.tolist() for p in loaded.passages] == [p.vector.tolist() for p in new.passages]
    assert [replace(p, vector=new.passages[0].vector) for p in loaded.passages] == [
        replace(p, vector=new.passages[0].vector) for p in new.passages
    ]


def test_vectors_are_used_again_under_the_same_fingerprint_alone(
    database: Database, document: Make, publish: Publish
) -> None:
    stored = document("a.md", "one", "two")
    publish(database, [stored], fingerprint="old model")
    one = stored.passages[0].text_hash
    hashes = [one, "0" * 64]
    with database.reading() as session:
        found = vectors_by_hash(session, hashes, "old model")
        assert vectors_by_hash(session, hashes, "new model") == {}
    assert {key: vector.tolist() for key, vector in found.items()} == {
        one: stored.passages[0].vector.tolist()
    }
