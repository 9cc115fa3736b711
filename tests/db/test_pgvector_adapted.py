"""Each adapter's vectors have an index of their own, which finds what comparing all would find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sqlalchemy import text

from db import pgvector, pgvector_adapted, schema, shadow, versions
from db.engine import Database

from .test_pgvector import COUNT, DIMENSION, SOURCES, Vectors, add, best_ids, fill, recall, vectors

__all__ = ["fill", "vectors"]

Fill = Callable[[Vectors], int]

ONE, OTHER = "1" * 64, "2" * 64
NAME = "adapted_vector_near_1111111111111111"


@pytest.fixture(autouse=True)
def no_index(postgres: Database) -> Iterator[None]:
    yield
    pgvector_adapted.drop_indexes(postgres, [ONE, OTHER])


def indexes(database: Database) -> dict[str, bool]:
    with database.reading() as session:
        return pgvector_adapted.read_indexes(session.connection())


def read(database: Database, space: str, vectors: Vectors) -> None:
    """By an adapter that puts each passage, of the same number, where these are."""
    made = {row + 1: vector.astype(np.float16) for row, vector in enumerate(vectors)}
    shadow.add_vectors(database, space, made)


def nearest_ids(
    database: Database, version: int, vector: Vectors, limit: int, sources: list[int] | None = None
) -> list[int]:
    with database.reading() as session:
        found = pgvector_adapted.nearest(
            session, version, vector, limit, sources, sources is not None, ONE
        )
        return [i for i, _ in found]


def plan(database: Database, version: int, vector: Vectors) -> str:
    values = {"version": version, "vector": vector, "limit": 10} | pgvector.beams(10)
    query = pgvector_adapted.by_index(len(vector), ONE, False).params(values)
    statement = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in rows)


def test_few_passages_are_compared_one_by_one(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors[::-1])
    read(postgres, ONE, vectors)

    assert not pgvector_adapted.ensure_index(postgres, ONE, DIMENSION)

    assert indexes(postgres) == {}
    found = nearest_ids(postgres, version, vectors[7], 30)
    assert found == best_ids(vectors, vectors[7], range(COUNT))[:30]


def test_many_passages_are_found_by_the_index_of_the_space(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors[::-1])
    read(postgres, ONE, vectors)
    read(postgres, OTHER, -vectors)

    assert pgvector_adapted.ensure_index(postgres, ONE, DIMENSION, least=COUNT)
    assert pgvector_adapted.ensure_index(postgres, ONE, DIMENSION, least=COUNT)

    assert indexes(postgres) == {NAME: True}
    assert NAME in plan(postgres, version, vectors[0])
    asked = vectors[:50]
    found = [nearest_ids(postgres, version, vector, 50) for vector in asked]
    assert recall(found, [best_ids(vectors, v, range(COUNT)) for v in asked]) >= 0.97
    assert schema.differences(postgres) == []


@pytest.mark.parametrize("least", [100, 10**9])
def test_only_what_is_shown_and_may_be_read_is_found(
    postgres: Database, vectors: Vectors, fill: Fill, least: int
) -> None:
    fill(vectors[::-1])
    read(postgres, ONE, vectors)
    pgvector_adapted.ensure_index(postgres, ONE, DIMENSION, least)
    version = versions.begin_version(postgres, "print", "model", DIMENSION)
    versions.switch(postgres, version, list(range(1, 101)), {})
    building = versions.begin_version(postgres, "print", "model", DIMENSION)
    add(postgres, building, vectors, first_document=COUNT)
    shown = [row for row in range(COUNT) if row // 10 >= 100]
    sources = [row for row in shown if row // 10 % SOURCES + 1 == 7]

    found = nearest_ids(postgres, version, vectors[3], 40)

    assert found == best_ids(vectors, vectors[3], shown)[:40]
    few = nearest_ids(postgres, version, vectors[3], 40, [7])
    assert few == best_ids(vectors, vectors[3], sources)[:40]
    assert nearest_ids(postgres, version, vectors[3], 40, []) == []


def test_the_index_goes_with_the_vectors(postgres: Database, vectors: Vectors, fill: Fill) -> None:
    fill(vectors)
    read(postgres, ONE, vectors)
    pgvector_adapted.ensure_index(postgres, ONE, DIMENSION, least=100)

    pgvector_adapted.drop_indexes(postgres, shadow.forget(postgres, []))

    assert indexes(postgres) == {}
    with postgres.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM adapted_vector")) == 0
