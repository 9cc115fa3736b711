"""The statements that SQLite and PostgreSQL share only by a common name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_for(dialect: Dialect, table: Any) -> Any:
    """An INSERT that understands ON CONFLICT on either database."""
    build = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement: Insert = build(table)
    return statement


def take_turns(session: Session, key: int) -> None:
    """Wait until no other open transaction has taken this turn; it ends with the transaction."""
    # SQLite's BEGIN IMMEDIATE lets writers in one by one already.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
