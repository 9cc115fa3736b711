"""Nearness of the vectors that an adapter has made, by pgvector, and their index (PostgreSQL only).

As `db.pgvector` does with the vectors of the passages; each space has an index of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import AdaptedVector, Document, Passage
from db.passages import visible_in
from db.pgvector import (
    ASKED,
    IDS,
    INDEX_FROM,
    LARGEST_DIMENSION,
    LIMIT,
    PREPARED,
    VERSION,
    Query,
    among,
    beams,
    build_graph,
    distance,
    run,
    turn,
)

INDEX = "adapted_vector_near"
NAMED = 16
"""Characters of a space that its index is named after."""
BUILD = (
    "CREATE INDEX CONCURRENTLY {name} ON adapted_vector USING hnsw "
    "((vector::halfvec({dimension})) halfvec_cosine_ops) WITH (m = 24, ef_construction = 128) "
    "WHERE space = '{space}'"
)
INDEXES = text(
    "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE indrelid = CAST('adapted_vector' AS regclass) AND starts_with(relname, :prefix)"
)
# Any constant will do, if nothing else takes turns on it.
INDEX_TURN = 7_305_472
KEPT = 16
"""Statements of each kind; one that is compared with what is live has a space of its own."""


def nearest(
    session: Session,
    version: int,
    vector: Query,
    limit: int,
    sources: Collection[int] | None,
    few: bool,
    space: str,
) -> list[tuple[int, float]]:
    """Ids and cosine similarities of the nearest passages that the version shows, in order."""
    values: dict[str, Any] = {"version": version, "vector": vector, "limit": limit}
    filtered = sources is not None
    if sources is not None:
        values["sources"] = list(sources)
    if not few:
        found = run(session, by_index(len(vector), space, filtered), values | beams(limit))
        if len(found) >= limit or not read_indexes(session.connection()).get(index_name(space)):
            return found
    return run(session, exactly(space, filtered), values)


def similarities(
    session: Session, ids: Sequence[int], vector: Query, version: int, space: str
) -> dict[int, float]:
    """Cosine similarities of those passages that the version shows; 0 without a vector."""
    values = {"vector": vector, "version": version, "ids": list(ids)}
    found = session.connection().execute(compare(space), values)
    return {passage_id: float(score) for passage_id, score in found}


# The statements are made once each: that takes longer than sending them.
@lru_cache(KEPT)
def compare(space: str) -> Select[int, float]:
    there = and_(AdaptedVector.passage_id == Passage.id, AdaptedVector.space == space)
    return (
        select(Passage.id, func.coalesce(1 - distance(AdaptedVector.vector, ASKED), 0.0))
        .join(Document)
        .outerjoin(AdaptedVector, there)
        .where(Passage.id == any_(IDS), visible_in(VERSION))
    )


@lru_cache(KEPT)
def by_index(dimension: int, space: str, filtered: bool) -> Select[int, float]:
    from pgvector.sqlalchemy import HALFVEC  # Not installed where SQLite is enough.

    # Asked for as the index is defined; where there is none yet, all are compared.
    measured = distance(cast(AdaptedVector.vector, HALFVEC(dimension)), ASKED)
    # OFFSET keeps this a look-up for each passage, whatever the planner thinks of a join.
    shown = (
        among(select(literal(1)).select_from(Passage).join(Document), filtered)
        .where(Passage.id == AdaptedVector.passage_id, visible_in(VERSION))
        .correlate(AdaptedVector)
        .offset(0)
    )
    query = select(AdaptedVector.passage_id, 1 - measured)
    return query.where(PREPARED, is_in(space), exists(shown)).order_by(measured).limit(LIMIT)


@lru_cache(KEPT)
def exactly(space: str, filtered: bool) -> Select[int, float]:
    measured = distance(AdaptedVector.vector, ASKED)
    query = (
        select(AdaptedVector.passage_id, 1 - measured)
        .join(Passage, Passage.id == AdaptedVector.passage_id)
        .join(Document, Document.id == Passage.document_id)
        .where(is_in(space), visible_in(VERSION))
    )
    return among(query, filtered).order_by(measured).limit(LIMIT)


def is_in(space: str) -> ColumnElement[bool]:
    # A literal in the statement: it must say what the index says to be answered from it.
    return AdaptedVector.space == literal(space, literal_execute=True)


def index_name(space: str) -> str:
    return f"{INDEX}_{space[:NAMED]}"


def read_indexes(connection: Connection) -> dict[str, bool]:
    """The indexes by name, and whether each is whole."""
    return dict(connection.execute(INDEXES, {"prefix": INDEX}).all())


def ensure_index(database: Database, space: str, dimension: int, least: int = INDEX_FROM) -> bool:
    """Index the vectors of a space if there are `least` of them; whether they are indexed now.

    Nobody waits for it, and one that another process is building is left to it.
    """
    with turn(database, INDEX_TURN) as connection:
        return connection is not None and build_index(connection, space, dimension, least)


def build_index(connection: Connection, space: str, dimension: int, least: int) -> bool:
    name = index_name(space)
    whole = read_indexes(connection).get(name)
    if whole:
        return True
    if whole is False:
        # What a killed process has left behind.
        drop_index(connection, name)
    some = text("SELECT count(*) FROM (SELECT FROM adapted_vector WHERE space = :space LIMIT :few)")
    there = connection.scalar(some, {"space": space, "few": least}) or 0
    if there < least or dimension > LARGEST_DIMENSION:
        return False
    connection.execute(text("ANALYZE adapted_vector"))
    # A statement that defines something takes no parameters; a space is hexadecimal.
    hexadecimal = f"{int(space, 16):064x}"
    build = BUILD.format(name=name, dimension=int(dimension), space=hexadecimal)
    build_graph(connection, build, dimension)
    return True


def drop_indexes(database: Database, spaces: Collection[str]) -> None:
    """Take away the indexes of spaces that are forgotten."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for space in spaces:
            drop_index(connection, index_name(space))


def drop_index(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
