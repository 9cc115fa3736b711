"""Bring a database to the schema that this code needs, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.schema import SchemaItem

from db.engine import Database, DatabaseUnusable
from db.models import Base

# Any constant will do; it must only be the same in every process that migrates.
MIGRATION_LOCK = 7_305_468


def ours(_item: SchemaItem, name: str | None, kind: str, _reflected: bool, _to: Any) -> bool:
    """The indexes for search are each database's own and no part of the models."""
    own = (name or "").startswith(("passage_fts", "passage_vector", "adapted_vector_near"))
    return not own and (kind, name) not in {("column", "fts"), ("column", "fts_length")}


COMPARE: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "include_object": ours,
    "render_as_batch": True,
    "compare_type": True,
}


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up, in one transaction; processes that start together take turns.

    Raises DatabaseUnusable if the database was made by a newer Lorebot.
    """
    known = {script.revision for script in scripts().walk_revisions()}
    with database.writing() as session:
        connection = session.connection()
        lock_against_other_migrators(connection)
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise DatabaseUnusable(
                f"The database was written by a newer Lorebot (schema {current}). "
                "Install that version, or restore a backup made before the upgrade."
            )
        command.upgrade(config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.writing() as session:
        connection = session.connection()
        lock_against_other_migrators(connection)
        command.downgrade(config(connection), revision)


def is_current(database: Database) -> bool:
    with database.reading() as session:
        context = MigrationContext.configure(session.connection())
        return context.get_current_revision() == scripts().get_current_head()


def differences(database: Database) -> list[Any]:
    """What the models say and the database does not have, or the other way round."""
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts=COMPARE)
        return list(compare_metadata(context, Base.metadata))


def lock_against_other_migrators(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE has locked the file already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def config(connection: Connection | None = None) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config())
