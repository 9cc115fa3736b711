"""Migrations lead to exactly the tables of the models, whoever runs them and how many at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from db import audit, schema
from db.engine import Database, DatabaseUnusable, open_database
from db.models import Base

ROOT = Path(__file__).parents[2]
UPGRADE = """
import sys
from db.engine import open_database
from db.schema import upgrade
upgrade(open_database(sys.argv[1]))
"""


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    opened = open_database(empty_url)
    yield opened
    opened.close()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_migrations_and_models_say_the_same(database: Database) -> None:
    assert schema.is_current(database)
    assert schema.differences(database) == []


def test_a_missing_column_is_a_difference(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.writing() as session:
        session.execute(text("ALTER TABLE audit DROP COLUMN detail"))
    assert [found[0] for found in schema.differences(empty)] == ["add_column"]


def test_an_empty_database_is_not_current(empty: Database) -> None:
    assert not schema.is_current(empty)
    assert schema.differences(empty) != []


def test_migrations_lead_down_to_nothing_and_up_again(empty: Database) -> None:
    schema.upgrade(empty)
    assert tables(empty) >= set(Base.metadata.tables)
    schema.downgrade(empty, "base")
    assert tables(empty) == {"alembic_version"}
    assert not schema.is_current(empty)
    schema.upgrade(empty)
    assert schema.is_current(empty)
    assert schema.differences(empty) == []


def test_upgrading_again_changes_nothing(database: Database) -> None:
    audit.write(database, actor="U1", surface="cli", act="reindex", outcome="done")
    schema.upgrade(database)
    assert len(audit.latest(database)) == 1


def test_a_failed_migration_leaves_nothing_behind(empty: Database) -> None:
    with empty.writing() as session:
        session.execute(text("CREATE TABLE retrieved_passage (id INTEGER)"))
    with pytest.raises(Exception, match="retrieved_passage"):
        schema.upgrade(empty)
    assert tables(empty) <= {"retrieved_passage"}


def test_a_database_of_a_newer_version_is_refused(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from-2099'"))
    with pytest.raises(DatabaseUnusable, match=r"newer Lorebot \(schema from-2099\)\. Install"):
        schema.upgrade(empty)
    assert not schema.is_current(empty)


def test_threads_that_upgrade_at_once_take_turns(
    empty: Database, together: Callable[..., list[Any]]
) -> None:
    together(4, lambda _: schema.upgrade(empty))
    assert schema.is_current(empty)
    assert schema.differences(empty) == []


def test_processes_that_upgrade_at_once_take_turns(empty: Database, empty_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, empty_url]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    assert schema.differences(empty) == []
