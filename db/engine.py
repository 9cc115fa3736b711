"""Open a database, SQLite or PostgreSQL, with transaction rules under which nothing is lost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 30_000


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Database:
    """One open database. `reading` sees one consistent state, `writing` is one transaction."""

    engine: Engine
    sessions: sessionmaker[Session]

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def read_options(self) -> dict[str, Any]:
        # SQLite's transactions read a snapshot anyway.
        if self.is_sqlite:
            return {}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with (
            self.engine.connect().execution_options(**self.read_options) as connection,
            self.sessions(bind=connection) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commit on leaving the block, roll back if it raises."""
        with (
            self.engine.connect().execution_options(lorebot_begin="IMMEDIATE") as connection,
            self.sessions(bind=connection) as session,
            session.begin(),
        ):
            yield session

    def now(self) -> dt.datetime:
        """The database's own clock, which all processes that share it agree on."""
        with self.reading() as session:
            return database_now(session)

    def close(self) -> None:
        self.engine.dispose()


def database_now(session: Session) -> dt.datetime:
    if session.get_bind().dialect.name == "sqlite":
        text = session.scalar(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now")))
        return dt.datetime.fromisoformat(str(text))
    now = session.scalar(select(func.clock_timestamp()))
    assert isinstance(now, dt.datetime)
    return now.astimezone(dt.UTC)


def open_database(url: str) -> Database:
    """Connect and check. The schema is the migrations' business (`db.upgrade`).

    Raises DatabaseUnusable with one sentence on what to do.
    """
    parsed = parse_url(url)
    engine = open_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else open_postgres(parsed)
    try:
        with engine.connect():
            pass
    except (DBAPIError, OSError) as error:
        engine.dispose()
        raise DatabaseUnusable(
            f"Cannot open the database {shown(parsed)}: {reason(error)}. "
            "Check database.url in the settings and that the server is running."
        ) from error
    return Database(engine, sessionmaker(expire_on_commit=False))


def parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnusable(
            "database.url is not a database address; write sqlite:///path/to/file.db "
            "or postgresql://user:password@host/name."
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnusable(
            f"database.url names {parsed.get_backend_name()}, but Lorebot knows only "
            "sqlite:///path/to/file.db and postgresql://user:password@host/name."
        )
    return parsed


def open_sqlite(url: URL) -> Engine:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise DatabaseUnusable(
            "database.url must name a file (sqlite:///path/to/file.db): "
            "a database in memory would forget every rating."
        )
    path = Path(url.database).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnusable(
            f"Cannot make the folder of the database {url.database}: {error.strerror}. "
            "Check database.url and the folder's permissions."
        ) from error
    engine = create_engine(
        url.set(drivername="sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        # The parameters are what people wrote; they do not belong into errors and logs.
        hide_parameters=True,
    )
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling loses updates; `begin_sqlite` takes its place.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("lorebot_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def open_postgres(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            # Never prepared: a plan made for any value would read all where a few rows suffice,
            # and a pooler between here and the server may lend out a connection a transaction.
            connect_args={"connect_timeout": 10, "prepare_threshold": None},
            hide_parameters=True,
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise DatabaseUnusable(
            "PostgreSQL needs two more packages: pip install 'lorebot[postgres]'."
        ) from error


def shown(url: URL) -> str:
    public = url.difference_update_query(("password", "sslpassword"))
    return public.render_as_string(hide_password=True)


def reason(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return re.sub(r"\s+", " ", text).rstrip(".")
