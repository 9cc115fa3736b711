"""Nearness of vectors by pgvector, and its index (PostgreSQL only).

Few passages are compared one by one, exactly; among many, HNSW finds the nearest (Malkov and
Yashunin, "Efficient and robust approximate nearest neighbor search", 2016).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Document, Passage
from db.passages import visible_in
from db.types import Vector

Query = npt.NDArray[np.float32]

VERSION, LIMIT = bindparam("version", type_=Integer()), bindparam("limit", type_=Integer())
ASKED = bindparam("vector", type_=Vector())
SOURCES: BindParameter[list[int]] = bindparam("sources", expanding=True)
# One value: hundreds would be sent and read one by one.
IDS = bindparam("ids", type_=ARRAY(Integer()))

INDEX = "passage_vector"
INDEX_FROM = 20_000
"""Passages; fewer are quickly compared one by one."""
SCANNED = 40_000
LEAST_IN_VIEW, LEAST_AMONG_MANY = 64, 400
"""Found .99 of the ten nearest of 100,000 and .98 of those of a million; with 128 in view one graph
of a million gave .99 and another .92."""
LARGEST_DIMENSION = 4_000
"""Of a halfvec that HNSW takes."""
# Any constant will do, if nothing else takes turns on it.
INDEX_TURN = 7_305_471

# In the statement that searches, to save a round trip: it begins when this has been answered. With
# the compiler off, for it would take longer than any of these searches.
PREPARED = text(
    "(SELECT set_config('hnsw.ef_search', CASE WHEN reltuples > 150000 THEN :wide ELSE :narrow END,"
    " true) || set_config('hnsw.iterative_scan', 'relaxed_order', true) "
    "|| set_config('hnsw.max_scan_tuples', :scanned, true) || set_config('jit', 'off', true) "
    "FROM pg_class WHERE oid = CAST('passage' AS regclass)) IS NOT NULL"
).bindparams(*(bindparam(name, type_=Text()) for name in ("wide", "narrow", "scanned")))
BUILD = (
    "CREATE INDEX CONCURRENTLY {name} ON passage USING hnsw "
    "((vector::halfvec({dimension})) halfvec_cosine_ops) WITH (m = 24, ef_construction = 128) "
    "WHERE vector_dims(vector) = {dimension}"
)
# What does not fit into the memory is inserted into a graph on disk, at a tenth of the speed. By
# one worker: several that insert at once leave groups of passages out of reach, so that .97 of the
# ten nearest among 100,000 were found instead of .99.
BUILDING = text(
    "SELECT set_config('maintenance_work_mem', CAST(greatest("
    "pg_size_bytes(current_setting('maintenance_work_mem')), "
    "least(CAST(:most AS float8), reltuples * :each)) / 1024 AS bigint) || 'kB', false), "
    "set_config('max_parallel_maintenance_workers', '0', false) "
    "FROM pg_class WHERE oid = CAST('passage' AS regclass)"
)
MOST_MEMORY = 2 * 2**30
MEMORY_OF_LINKS = 1_000
"""Bytes of a passage's neighbours in the graph, beside its vector."""
INDEXES = text(
    "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE indrelid = CAST('passage' AS regclass) AND starts_with(relname, :prefix)"
)


def nearest(
    session: Session,
    version: int,
    vector: Query,
    limit: int,
    sources: Collection[int] | None = None,
    few: bool = False,
    scanned: int = SCANNED,
) -> list[tuple[int, float]]:
    """Ids and cosine similarities of the nearest passages that the version shows, in order.

    Where the passages are `few`, they are compared one by one, and so are all where the index has
    met `scanned` passages, too few of which may be shown.
    """
    values: dict[str, Any] = {"version": version, "vector": vector, "limit": limit}
    filtered = sources is not None
    if sources is not None:
        values["sources"] = list(sources)
    if not few:
        found = run(session, by_index(len(vector), filtered), values | beams(limit, scanned))
        if len(found) >= limit or not is_indexed(session, len(vector)):
            return found
    return run(session, exactly(len(vector), filtered), values)


def similarities(
    session: Session, ids: Sequence[int], vector: Query, version: int | None = None
) -> dict[int, float]:
    """Cosine similarities of some passages; with `version`, of those of them that it shows."""
    query = compare(len(vector), shown_only=version is not None)
    values = {"vector": vector, "version": version, "ids": list(ids)}
    found = session.connection().execute(query, values)
    return {passage_id: float(score) for passage_id, score in found}


# The statements are made once each: that takes longer than sending them.
@cache
def compare(dimension: int, shown_only: bool) -> Select[int, float]:
    query = select(Passage.id, 1 - distance(Passage.vector, ASKED)).where(
        Passage.id == any_(IDS), has_dimension(dimension)
    )
    return query.join(Document).where(visible_in(VERSION)) if shown_only else query


@cache
def by_index(dimension: int, filtered: bool) -> Select[int, float]:
    from pgvector.sqlalchemy import HALFVEC  # Not installed where SQLite is enough.

    # Asked for as the index is defined; where there is none yet, all are compared.
    measured = distance(cast(Passage.vector, HALFVEC(dimension)), ASKED)
    # OFFSET keeps this a look-up for each passage: as a join, the planner might begin with all
    # documents, and read every vector.
    document = (
        select(literal(1))
        .where(Document.id == Passage.document_id, visible_in(VERSION))
        .correlate(Passage)
        .offset(0)
    )
    query = select(Passage.id, 1 - measured).where(
        PREPARED, has_dimension(dimension), exists(document)
    )
    return among(query, filtered).order_by(measured).limit(LIMIT)


@cache
def exactly(dimension: int, filtered: bool) -> Select[int, float]:
    measured = distance(Passage.vector, ASKED)
    hidden = select(Document.id).where(~visible_in(VERSION))
    query = select(Passage.id, 1 - measured).where(
        has_dimension(dimension), Passage.document_id.not_in(hidden)
    )
    return among(query, filtered).order_by(measured).limit(LIMIT)


def among(query: Select, filtered: bool) -> Select:  # type: ignore[type-arg]
    return query.where(Passage.source_id.in_(SOURCES)) if filtered else query


def run(
    session: Session, query: Select[int, float], values: Mapping[str, Any]
) -> list[tuple[int, float]]:
    found = session.connection().execute(query, values)
    return sorted(((i, float(score)) for i, score in found), key=lambda row: -row[1])


def distance(column: Any, vector: Any) -> ColumnElement[float]:
    measured: ColumnElement[float] = column.op("<=>", return_type=Float())(cast(vector, Vector()))
    return measured


def has_dimension(dimension: int) -> ColumnElement[bool]:
    # A number in the statement: it must say what the index says to be answered from it.
    return func.vector_dims(Passage.vector) == literal_column(str(int(dimension)))


def beams(limit: int, scanned: int = SCANNED) -> dict[str, str]:
    """How many passages HNSW keeps in view, more of them among very many, and how many it meets."""
    least = {"narrow": LEAST_IN_VIEW, "wide": LEAST_AMONG_MANY}
    in_view = {name: str(min(max(limit, few), 1000)) for name, few in least.items()}
    return in_view | {"scanned": str(scanned)}


def is_indexed(session: Session, dimension: int) -> bool:
    return read_indexes(session.connection()).get(index_name(dimension), False)


def read_indexes(connection: Connection) -> dict[str, bool]:
    """The indexes over vectors by name, and whether each is whole."""
    return dict(connection.execute(INDEXES, {"prefix": INDEX}).all())


def index_name(dimension: int) -> str:
    return f"{INDEX}_{dimension}"


def ensure_index(database: Database, dimension: int, least: int = INDEX_FROM) -> bool:
    """Index the vectors if there are `least` of them; whether they are indexed now.

    Nobody waits for it: readers and writers go on. One that another process is building is left
    to it, and what a killed one has left behind is taken away. To be called when a version has
    gone live, for then the index of another dimension is of no use any more.
    """
    with turn(database, INDEX_TURN) as connection:
        return connection is not None and build_index(connection, dimension, least)


@contextmanager
def turn(database: Database, number: int) -> Iterator[Connection | None]:
    """A connection on which each statement is a transaction, for one process at a time; None where
    another one has the turn."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"turn": number}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), values):
            yield None
            return
        try:
            yield connection
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:turn)"), values)


def build_index(connection: Connection, dimension: int, least: int) -> bool:
    connection.execute(text("ANALYZE passage"))
    connection.execute(text("ANALYZE document"))
    name = index_name(dimension)
    found = read_indexes(connection)
    for other in [other for other, whole in found.items() if other != name or not whole]:
        connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY IF EXISTS "{other}"')
    if found.get(name):
        return True
    some = text("SELECT count(*) FROM (SELECT FROM passage LIMIT :few) AS few")
    if (connection.scalar(some, {"few": least}) or 0) < least:
        return False
    if dimension > LARGEST_DIMENSION:
        return False
    # Numbers of our own: a statement that defines something takes no parameters.
    build_graph(connection, BUILD.format(name=name, dimension=int(dimension)), dimension)
    return True


def build_graph(connection: Connection, statement: str, dimension: int) -> None:
    """Run a statement that builds an HNSW index, with the memory that it needs."""
    memory = {"most": MOST_MEMORY, "each": 2 * dimension + MEMORY_OF_LINKS}
    connection.execute(BUILDING, memory)
    try:
        connection.exec_driver_sql(statement)
    finally:
        connection.exec_driver_sql("RESET maintenance_work_mem")
        connection.exec_driver_sql("RESET max_parallel_maintenance_workers")
