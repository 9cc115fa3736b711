"""Transactions lose nothing and see one state; times and vectors come back as they went in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Select, cast, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from db import audit
from db.engine import Database
from db.models import AuditEntry, InboxEvent, Rating
from db.types import UtcDateTime, Vector


def add_event(database: Database) -> None:
    with database.writing() as session:
        session.add(InboxEvent(event_id="E", team="T", channel="C", ts="1", payload={}))


def increment(database: Database, query: Select[InboxEvent]) -> int:
    """Read a number, add one, write it: what loses updates where transactions are weak."""
    with database.writing() as session:
        row = session.scalars(query).one()
        row.attempt += 1
        return row.attempt


def test_four_threads_that_read_and_then_write_lose_nothing(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    add_event(database)
    locked = select(InboxEvent).with_for_update()
    together(4, lambda _: [increment(database, locked) for _ in range(100)])
    with database.reading() as session:
        assert session.scalar(select(InboxEvent.attempt)) == 400


def test_on_sqlite_nothing_is_lost_without_a_lock_either(
    sqlite: Database, together: Callable[..., list[Any]]
) -> None:
    add_event(sqlite)
    together(4, lambda _: [increment(sqlite, select(InboxEvent)) for _ in range(50)])
    with sqlite.reading() as session:
        assert session.scalar(select(InboxEvent.attempt)) == 200


def fail_after_writing(database: Database) -> None:
    with database.writing() as session:
        session.add(AuditEntry(actor="U1", surface="cli", act="reindex", outcome="done"))
        session.flush()
        raise RuntimeError("broken off")


def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError, match="broken off"):
        fail_after_writing(database)
    assert audit.latest(database) == []
    audit.write(database, actor="U1", surface="cli", act="reindex", outcome="done")
    assert len(audit.latest(database)) == 1


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []
        audit.write(database, actor="U1", surface="cli", act="reindex", outcome="done")
        assert session.scalars(select(AuditEntry)).all() == []
    assert len(audit.latest(database)) == 1


def test_what_was_written_while_reading_is_not_kept(database: Database) -> None:
    with pytest.raises((DBAPIError, RuntimeError)), database.reading() as session:  # noqa: PT012
        session.add(AuditEntry(actor="U1", surface="cli", act="reindex", outcome="done"))
        session.flush()
        raise RuntimeError
    assert audit.latest(database) == []


def test_a_row_that_points_nowhere_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Rating(interaction_id="nowhere", rater="U1", value=1))


def test_errors_do_not_repeat_what_people_wrote(database: Database) -> None:
    with pytest.raises(IntegrityError) as raised, database.writing() as session:
        session.add(Rating(interaction_id="what they wrote", rater="U1", value=7))
    assert "hidden" in str(raised.value)
    assert "[parameters: (" not in str(raised.value)


def test_the_database_has_a_clock(database: Database) -> None:
    now = database.now()
    assert now.utcoffset() == dt.timedelta(0)
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=10)


def test_a_time_comes_back_in_utc(database: Database) -> None:
    bogota = dt.timezone(dt.timedelta(hours=-5))
    time = dt.datetime(2026, 1, 31, 20, 15, 30, 123456, tzinfo=bogota)
    with database.writing() as session:
        session.add(AuditEntry(at=time, actor="U1", surface="cli", act="a", outcome="done"))
    (stored,) = audit.latest(database)
    assert stored.at == time
    assert stored.at.utcoffset() == dt.timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = dt.datetime(2026, 1, 31)
    with pytest.raises(StatementError, match="must carry its zone"), database.writing() as session:
        session.add(AuditEntry(at=naive, actor="U1", surface="cli", act="a", outcome="done"))


def test_no_time_stays_none(database: Database) -> None:
    add_event(database)
    with database.reading() as session:
        assert session.scalar(select(InboxEvent.lease_until)) is None
        assert session.scalar(select(cast(literal(None), UtcDateTime()))) is None


def test_a_vector_comes_back_bit_for_bit(
    database: Database, document: Callable[..., Any], publish: Callable[..., int]
) -> None:
    stored = document("a.md", "words")
    publish(database, [stored])
    with database.reading() as session:
        column = text("SELECT vector FROM passage").columns(vector=Vector())
        vector = session.scalar(column)
    assert vector is not None
    assert (vector.dtype, vector.shape) == (np.float16, (4,))
    assert vector.tolist() == stored.passages[0].vector.tolist()


def test_the_audit_trail_shows_the_newest_first(database: Database) -> None:
    audit.write(database, actor="U1", surface="slack", act="reindex", outcome="allowed")
    audit.write(database, actor="U2", surface="cli", act="retrain", outcome="refused", detail="no")
    newest, oldest = audit.latest(database)
    assert (newest.actor, newest.act, newest.outcome, newest.detail) == (
        "U2",
        "retrain",
        "refused",
        "no",
    )
    assert (oldest.surface, oldest.detail) == ("slack", None)
    assert [line.act for line in audit.latest(database, 1)] == ["retrain"]
