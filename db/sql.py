"""The statements that SQLite and PostgreSQL share only by a common name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Insert
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(dialect: Dialect, table: Any) -> Any:
    """An INSERT that understands ON CONFLICT on either database."""
    build = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement: Insert = build(table)
    return statement
