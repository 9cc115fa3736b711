"""A copy of a SQLite database, taken in one moment while others may read and write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from db.engine import Database


def copy_to(database: Database, path: Path) -> None:
    """Write a copy of the whole database into the file `path`, which is not there yet."""
    source = database.engine.raw_connection()
    try:
        with closing(sqlite3.connect(path)) as copy:
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.backup(copy)
    finally:
        source.close()
