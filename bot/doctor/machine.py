"""The machine: Python and its packages, the disk, and the file system under the database."""

from __future__ import annotations

import platform
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from importlib import metadata
from pathlib import Path

from bot.config import Settings
from bot.doctor.check import Failed, Skipped
from db.engine import parse_url

FREE_DISK_GB = 1.0
SHOWN = (
    "lorebot",
    "torch",
    "transformers",
    "llama-index-core",
    "slack-bolt",
    "SQLAlchemy",
)


def python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def packages() -> str:
    needed = {
        name_of(line) for line in metadata.requires("lorebot") or [] if "extra ==" not in line
    }
    missing = sorted(name for name in needed if not installed(name))
    if missing:
        raise Failed(f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return ", ".join(f"{name} {metadata.version(name)}" for name in SHOWN)


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group() if found else requirement


def installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def disk(settings: Settings) -> str:
    free = shutil.disk_usage(existing(settings.home)).free / 1e9
    if free < FREE_DISK_GB:
        raise Failed(
            f"{free:.1f} GB free for {settings.home}",
            f"Make room: Lorebot needs at least {FREE_DISK_GB:.0f} GB, or choose another --home.",
        )
    return f"{free:.0f} GB free for {settings.home}"


def file_system(settings: Settings) -> str:
    """Try in the folder of the database what SQLite needs there."""
    url = parse_url(settings.database.url)
    if url.get_backend_name() != "sqlite":
        raise Skipped("only for SQLite")
    folder = existing(Path(url.database or "").expanduser().parent)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".lorebot-doctor-") as scratch:
            mode = journal_mode(Path(scratch) / "try.db")
    except (OSError, sqlite3.Error) as error:
        raise Failed(
            f"{folder} cannot be written: {error}", "Give this user the right to write there."
        ) from error
    if mode != "wal":
        raise Failed(
            f"{folder} cannot keep a write-ahead log (got {mode})",
            "Put the database on a local disk, not on a network share, or use PostgreSQL.",
        )
    return f"{folder} can be written and keeps a write-ahead log"


def journal_mode(path: Path) -> str:
    with closing(sqlite3.connect(path)) as first, closing(sqlite3.connect(path)) as second:
        mode = str(first.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        first.execute("CREATE TABLE t (x)")
        # A second connection shares the log through memory, which network shares cannot do.
        second.execute("SELECT * FROM t").fetchall()
        return mode


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
