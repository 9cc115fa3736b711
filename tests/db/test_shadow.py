"""Vectors of adapters stand beside those of the passages, and go when the passages go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sqlalchemy import select

from db import shadow, versions
from db.engine import Database
from db.models import AdaptedVector, Document, Passage
from db.versions import NewDocument

Make = Callable[..., NewDocument]
Publish = Callable[..., int]

ONE, OTHER = "1" * 64, "2" * 64
HALF = np.array([0.5, 0.5, 0.5, 0.5], dtype=np.float16)


def passages(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {text: i for i, text in session.execute(select(Passage.id, Passage.text)).all()}


def documents(database: Database) -> dict[str, int]:
    with database.reading() as session:
        rows = session.execute(select(Document.path, Document.id)).all()
        return dict(rows)


def held(database: Database) -> set[tuple[int, str]]:
    with database.reading() as session:
        return {(one.passage_id, one.space) for one in session.scalars(select(AdaptedVector))}


def unread(database: Database, version: int, after: int = 0, limit: int = 10) -> list[str]:
    with database.reading() as session:
        return [one.text for one in shadow.unread(session, version, ONE, after, limit)]


def test_what_has_no_vector_yet_is_unread_in_its_order(
    database: Database, document: Make, publish: Publish
) -> None:
    version = publish(database, [document("a.md", "one", "two", "three", heading="Head")])
    ids = passages(database)
    shadow.add_vectors(database, ONE, {ids["two"]: HALF})

    assert unread(database, version) == ["one", "three"]
    assert unread(database, version, after=ids["one"]) == ["three"]
    assert unread(database, version, limit=1) == ["one"]
    with database.reading() as session:
        assert shadow.count_unread(session, version, ONE) == 2
        assert shadow.count_unread(session, version, OTHER) == 3
        [first, *_] = shadow.unread(session, version, ONE, 0, 1)
    assert (first.title, first.heading) == ("a", "Head")


def test_only_what_a_version_shows_has_to_be_read(
    database: Database, document: Make, publish: Publish
) -> None:
    old = publish(database, [document("a.md", "one"), document("b.md", "two")])
    new = publish(database, [document("c.md", "three")], [documents(database)["a.md"]])

    assert unread(database, old) == ["one", "two"]
    assert unread(database, new) == ["two", "three"]


def test_vectors_of_passages_that_are_gone_are_left_out(
    database: Database, document: Make, publish: Publish
) -> None:
    version = publish(database, [document("a.md", "one")])
    [one] = passages(database).values()

    shadow.add_vectors(database, ONE, {one: HALF, one + 1: HALF})
    shadow.add_vectors(database, ONE, {one: HALF})

    assert held(database) == {(one, ONE)}
    assert unread(database, version) == []


def test_a_swept_document_takes_its_vectors_with_it(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one"), document("b.md", "two")])
    ids = passages(database)
    shadow.add_vectors(database, ONE, dict.fromkeys(ids.values(), HALF))

    publish(database, [], [documents(database)["a.md"]])
    versions.sweep(database)

    assert held(database) == {(ids["two"], ONE)}


def test_only_the_spaces_that_are_kept_stay(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one", "two")])
    ids = passages(database).values()
    shadow.add_vectors(database, ONE, dict.fromkeys(ids, HALF))
    shadow.add_vectors(database, OTHER, dict.fromkeys(ids, HALF))

    assert shadow.forget(database, {OTHER, "3" * 64}) == [ONE]

    assert held(database) == {(i, OTHER) for i in ids}


def test_equal_passages_share_a_vector_of_the_same_space_and_the_same_index(
    database: Database, document: Make, publish: Publish
) -> None:
    publish(database, [document("a.md", "one")])
    [one] = passages(database).values()
    shadow.add_vectors(database, ONE, {one: HALF})
    [hashed] = [passage.text_hash for passage in document("b.md", "one").passages]

    with database.reading() as session:
        found = shadow.vectors_by_hash(session, [hashed, "0"], ONE, "print")
        assert shadow.vectors_by_hash(session, [hashed], OTHER, "print") == {}
        assert shadow.vectors_by_hash(session, [hashed], ONE, "other print") == {}
    assert found.keys() == {hashed}
    assert found[hashed].tolist() == HALF.tolist()
