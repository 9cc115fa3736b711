"""The index over vectors: exact while it is small, near enough when it is large, made in peace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import Connection, event, insert, select, text, update

from db import pgvector, schema, versions
from db.engine import Database
from db.halfvec import as_text
from db.models import Document, Passage, Source

ROOT = Path(__file__).parents[2]
DIMENSION = 16
COUNT = 2_000
SOURCES = 100
ENSURE = """
import sys
from db import pgvector
from db.engine import open_database
print(pgvector.ensure_index(open_database(sys.argv[1]), 16, least=100))
"""

Vectors = npt.NDArray[np.float32]
Fill = Callable[[Vectors], int]


@pytest.fixture
def vectors() -> Vectors:
    """Unit vectors in twenty clusters, of shape (2000, 16)."""
    random = np.random.default_rng(1)
    centers = random.normal(size=(20, DIMENSION))
    rows = centers[random.integers(0, 20, COUNT)] + 0.3 * random.normal(size=(COUNT, DIMENSION))
    # As they are stored: what differs by less than half precision has no order.
    return unit(rows).astype(np.float16).astype(np.float32)


@pytest.fixture(autouse=True)
def no_index(postgres: Database) -> Iterator[None]:
    yield
    with postgres.writing() as session:
        [session.execute(text(f"DROP INDEX {name}")) for name in indexes(postgres)]


@pytest.fixture
def fill(postgres: Database) -> Fill:
    """Stores vectors, ten to a document, each document in one of a hundred sources."""

    def run(vectors: Vectors) -> int:
        version = versions.begin_version(postgres, "print", "model", vectors.shape[1])
        add(postgres, version, vectors)
        versions.switch(postgres, version, [], {})
        return version

    return run


def unit(rows: npt.NDArray[np.float64]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def add(database: Database, version: int, vectors: Vectors, first_document: int = 1) -> None:
    documents = range(first_document, first_document + len(vectors) // 10)
    with database.writing() as session:
        known = set(session.scalars(select(Source.id)))
        sources = [{"id": n, "name": f"s{n}", "audience": []} for n in range(1, SOURCES + 1)]
        session.add_all(Source(**source) for source in sources if source["id"] not in known)
        session.execute(insert(Document), [document(n, version) for n in documents])
        passages = [
            passage(first_document + row // 10, row, vector) for row, vector in enumerate(vectors)
        ]
        session.execute(insert(Passage), passages)


def document(number: int, version: int) -> dict[str, object]:
    texts = dict.fromkeys(("source", "path", "title", "text", "content_hash"), "x")
    return {"id": number, **texts, "size": 1, "modified_ns": 1, "added_in": version}


def passage(document_id: int, row: int, vector: Vectors) -> dict[str, object]:
    texts = dict.fromkeys(("heading", "text", "text_hash", "heading_terms", "body_terms"), "x")
    places = {"position": row % 10, "start": 0, "end": 1, "source_id": source_of(row)}
    return {"document_id": document_id, **texts, **places, "vector": vector}


def source_of(row: int) -> int:
    return row // 10 % SOURCES + 1


def indexes(database: Database) -> dict[str, bool]:
    """Names of the indexes over vectors, and whether they are valid."""
    with database.reading() as session:
        return dict(session.execute(pgvector.INDEXES, {"prefix": pgvector.INDEX}).all())


def nearest_ids(
    database: Database, version: int, vector: Vectors, limit: int, sources: list[int] | None = None
) -> list[int]:
    with database.reading() as session:
        return [i for i, _ in pgvector.nearest(session, version, vector, limit, sources)]


def best_ids(vectors: Vectors, vector: Vectors, rows: Sequence[int]) -> list[int]:
    """The same by numpy: a passage's id is its row and one."""
    kept = np.asarray(rows)
    cosines = vectors[kept] @ vector / np.linalg.norm(vectors[kept], axis=1)
    return (kept[np.argsort(-cosines, kind="stable")] + 1).tolist()


def plan(database: Database, version: int, vector: Vectors, sources: list[int] | None) -> str:
    """What the server would do to answer from the index."""
    values: dict[str, Any] = {"version": version, "vector": vector, "limit": 10, "sources": sources}
    given = {name: value for name, value in values.items() if value is not None}
    query = pgvector.by_index(len(vector), sources is not None).params(given | pgvector.beams(10))
    statement = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in rows)


def recall(found: list[list[int]], best: list[list[int]]) -> float:
    pairs = zip(found, best, strict=True)
    return float(np.mean([len({*f[:10]} & {*b[:10]}) / 10 for f, b in pairs]))


def test_few_passages_are_compared_one_by_one(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    assert not pgvector.ensure_index(postgres, DIMENSION)
    assert indexes(postgres) == {}
    found = nearest_ids(postgres, version, vectors[7], 30)
    assert found == best_ids(vectors, vectors[7], range(COUNT))[:30]


def test_many_passages_are_found_by_an_index(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    assert pgvector.ensure_index(postgres, DIMENSION, least=COUNT)
    assert indexes(postgres) == {"passage_vector_16": True}
    assert "passage_vector_16" in plan(postgres, version, vectors[0], None)
    asked = vectors[:50]
    found = [nearest_ids(postgres, version, vector, 50) for vector in asked]
    assert recall(found, [best_ids(vectors, v, range(COUNT)) for v in asked]) >= 0.97


def test_what_a_search_is_told_holds_in_its_own_statement(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    """Left alone, the server would keep forty passages in view, and find no more."""
    values: dict[str, Any] = {"version": fill(vectors), "vector": vectors[0], "limit": 90}
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    query = pgvector.by_index(DIMENSION, False)
    with postgres.reading() as session:
        assert len(pgvector.run(session, query, values | pgvector.beams(90))) == 90
        assert session.scalar(text("SHOW hnsw.ef_search")) == "90"
    with postgres.reading() as session:
        assert session.scalar(text("SHOW hnsw.ef_search")) == "40"


def test_the_index_is_no_difference_to_the_models(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    assert schema.differences(postgres) == []


def test_a_vector_is_sent_without_loss() -> None:
    numbers = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = numbers[np.isfinite(numbers)]
    sent = np.array(json.loads(as_text(finite)))
    assert np.array_equal(sent.astype(np.float16), finite)


@pytest.mark.parametrize("few", [True, False])
def test_a_filter_that_keeps_one_percent_is_answered_from_these_alone(
    postgres: Database, vectors: Vectors, fill: Fill, few: bool
) -> None:
    version = fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    kept = [row for row in range(COUNT) if source_of(row) == 7]
    asked = vectors[:20]
    with postgres.reading() as session:
        found = [pgvector.nearest(session, version, v, 15, [7], few) for v in asked]
    best = [best_ids(vectors, v, kept)[:15] for v in asked]
    assert len(kept) == 20
    assert [[i for i, _ in one] for one in found] == best


def test_no_source_to_read_is_nothing_to_find(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    assert nearest_ids(postgres, version, vectors[0], 10, []) == []
    assert nearest_ids(postgres, version, vectors[0], 10, [SOURCES + 1]) == []


def test_it_is_built_by_one_process(postgres: Database, vectors: Vectors, fill: Fill) -> None:
    fill(vectors)
    workers: list[str] = []

    @event.listens_for(postgres.engine, "before_cursor_execute")
    def note(connection: Connection, _: Any, statement: str, *rest: object) -> None:
        if statement.startswith("CREATE INDEX"):
            with connection.connection.cursor() as cursor:
                cursor.execute("SHOW max_parallel_maintenance_workers")
                workers.extend(cursor.fetchone() or ())

    try:
        assert pgvector.ensure_index(postgres, DIMENSION, least=100)
    finally:
        event.remove(postgres.engine, "before_cursor_execute", note)
    assert workers == ["0"]


def test_how_it_is_built_is_not_left_to_whoever_comes_next(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    fill(vectors)
    names = ("maintenance_work_mem", "max_parallel_maintenance_workers")
    with postgres.engine.connect() as connection:
        before = [connection.scalar(text(f"SHOW {name}")) for name in names]
    assert pgvector.ensure_index(postgres, DIMENSION, least=100)
    with postgres.engine.connect() as connection:
        assert [connection.scalar(text(f"SHOW {name}")) for name in names] == before


@pytest.mark.parametrize("least", [100, 10**9])
def test_removed_and_unfinished_documents_are_never_found(
    postgres: Database, vectors: Vectors, fill: Fill, least: int
) -> None:
    first = fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least)
    second = versions.begin_version(postgres, "print", "model", DIMENSION)
    versions.switch(postgres, second, list(range(1, 101)), {})
    building = versions.begin_version(postgres, "print", "model", DIMENSION)
    add(postgres, building, vectors, first_document=COUNT)
    shown = [row for row in range(COUNT) if row // 10 >= 100]
    found = nearest_ids(postgres, second, vectors[3], 40)
    assert found == best_ids(vectors, vectors[3], shown)[:40]
    before = nearest_ids(postgres, first, vectors[3], 40)
    assert before == best_ids(vectors, vectors[3], range(COUNT))[:40]


def test_where_the_index_gives_up_all_are_compared(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    nearest_first = best_ids(vectors, vectors[0], range(COUNT))
    with postgres.writing() as session:
        near = update(Passage).where(Passage.id.in_(nearest_first[:1_500]))
        session.execute(update(Passage).values(source_id=2))
        session.execute(near.values(source_id=1))
    with postgres.reading() as session:
        found = pgvector.nearest(session, version, vectors[0], 40, [2], scanned=50)
    assert [i for i, _ in found] == nearest_first[1_500:1_540]


def test_an_index_that_a_killed_build_left_behind_is_made_anew(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    with postgres.writing() as session:
        session.execute(
            text(
                "UPDATE pg_index SET indisvalid = false "
                "WHERE indexrelid = CAST('passage_vector_16' AS regclass)"
            )
        )
    assert indexes(postgres) == {"passage_vector_16": False}
    found = nearest_ids(postgres, version, vectors[7], 30)
    assert found == best_ids(vectors, vectors[7], range(COUNT))[:30]
    assert pgvector.ensure_index(postgres, DIMENSION, least=100)
    assert indexes(postgres) == {"passage_vector_16": True}


def test_another_dimension_takes_the_place_of_the_old_one(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    fill(vectors)
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    second = versions.begin_version(postgres, "other", "other", 8)
    other = unit(np.asarray(vectors[:, :8], dtype=np.float64))
    add(postgres, second, other, first_document=COUNT)
    versions.switch(postgres, second, list(range(1, 201)), {})
    assert pgvector.ensure_index(postgres, 8, least=100)
    assert indexes(postgres) == {"passage_vector_8": True}
    found = nearest_ids(postgres, second, other[5], 10)
    assert [i - COUNT for i in found] == best_ids(other, other[5], range(COUNT))[:10]


def test_a_vector_of_another_dimension_finds_nothing(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    version = fill(vectors)
    with postgres.reading() as session:
        assert pgvector.nearest(session, version, np.ones(8, np.float32), 10) == []
        assert pgvector.similarities(session, [1, 2], np.ones(8, np.float32)) == {}


def test_processes_that_index_at_once_make_one_index(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    fill(vectors)
    address = postgres.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ENSURE, address]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0], ends
    assert b"True\n" in [out for out, _ in ends]
    assert indexes(postgres) == {"passage_vector_16": True}


def test_what_is_added_later_is_found_at_once(
    postgres: Database, vectors: Vectors, fill: Fill
) -> None:
    fill(vectors[:1_000])
    pgvector.ensure_index(postgres, DIMENSION, least=100)
    second = versions.begin_version(postgres, "print", "model", DIMENSION)
    add(postgres, second, vectors[1_000:1_500], first_document=COUNT)
    versions.switch(postgres, second, [], {})
    asked = vectors[1_000:1_050]
    found = [nearest_ids(postgres, second, vector, 20)[0] for vector in asked]
    assert found == list(range(1_001, 1_051))
