"""Passages are read with their vectors, by id, by document and by nearness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from db.engine import Database
from db.models import Passage
from db.passages import StoredPassage, get_passages
from db.pgvector import nearest, similarities
from db.versions import NewDocument

DIRECTIONS = {
    "north": [0.0, 1.0],
    "between": [1.0, 1.0],
    "east": [2.0, 0.0],
    "south": [0.0, -3.0],
}


@pytest.fixture
def compass(document: Callable[..., NewDocument]) -> NewDocument:
    """A document whose passages point where their words say."""
    plain = document("compass.md", *DIRECTIONS, heading="Winds")
    turned = (
        replace(passage, vector=np.array(DIRECTIONS[passage.text], np.float16))
        for passage in plain.passages
    )
    return replace(plain, passages=tuple(turned))


def ids_of(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return dict(session.execute(select(Passage.text, Passage.id)).all())


def test_passages_are_read_by_id(
    database: Database, compass: NewDocument, publish: Callable[..., int]
) -> None:
    publish(database, [compass])
    east = ids_of(database)["east"]
    with database.reading() as session:
        found = get_passages(session, [east, 999_999])
    start = compass.text.index("\neast") + 1
    (passage,) = found.values()
    expected = (passage.document_id, "compass.md", "compass", "Winds", "east", start, start + 4)
    assert passage == StoredPassage(east, *expected, None, "folder", "")


def test_pgvector_finds_the_nearest_first(
    postgres: Database, compass: NewDocument, publish: Callable[..., int]
) -> None:
    version = publish(postgres, [compass])
    ids = ids_of(postgres)
    with postgres.reading() as session:
        found = nearest(session, version, np.array([0.1, 1.0], np.float32), 3)
        assert nearest(session, version - 1, np.array([0.1, 1.0], np.float32), 3) == []
    assert [key for key, _ in found] == [ids["north"], ids["between"], ids["east"]]
    assert [score for _, score in found] == pytest.approx([0.995, 0.774, 0.0995], abs=1e-3)


def test_pgvector_compares_the_passages_that_are_named(
    postgres: Database, compass: NewDocument, publish: Callable[..., int]
) -> None:
    publish(postgres, [compass])
    ids = ids_of(postgres)
    with postgres.reading() as session:
        named = [ids["south"], ids["north"]]
        found = similarities(session, named, np.array([0.0, 5.0], np.float32))
        assert similarities(session, [], np.array([0.0, 5.0], np.float32)) == {}
    assert found == pytest.approx({ids["south"]: -1.0, ids["north"]: 1.0})
