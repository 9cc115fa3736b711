"""Check everything that Lorebot needs, and say of each thing what is there and what to do."""

from __future__ import annotations

import logging
import os
import platform
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.config import Settings, SettingsError, check_for_serving, load_settings
from db import schema
from db.engine import Database, DatabaseUnusable, open_database, parse_url
from knowledge.errors import KnowledgeUnusable
from knowledge.model_files import DEFAULT_MODEL, find_embedding_files

FREE_DISK_GB = 1.0
SILENT = logging.getLogger("bot.doctor.slack")
SILENT.setLevel(logging.CRITICAL)
SHOWN = (
    "lorebot",
    "torch",
    "transformers",
    "llama-index-core",
    "slack-bolt",
    "SQLAlchemy",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    found: str
    advice: str = ""

    @property
    def failed(self) -> bool:
        return self.state == "failed"


class Failed(Exception):
    """What was found, and what to do about it."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.advice = advice


class Skipped(Exception):
    """Why there is nothing to check."""


def examine(home: Path, config: Path | None, *, online: bool) -> list[Check]:
    """Look at everything; nothing is made or changed."""
    checks = [tried("python", python), tried("packages", packages)]
    try:
        settings = load_settings(home, config)
    except SettingsError as error:
        return [*checks, Check("settings", "failed", str(error), "Correct it and run this again.")]
    looks: dict[str, Callable[[], str]] = {
        "settings": lambda: f"home {settings.home}",
        "disk": lambda: disk(settings),
        "file system": lambda: file_system(settings),
        "database": lambda: database(settings),
        "embedding model": lambda: embedding_model(settings, online=online),
        "documents": lambda: documents(settings),
        "index": lambda: index(settings),
        "slack tokens": lambda: slack_tokens(settings, online=online),
        "slack": lambda: slack(settings, online=online),
    }
    return checks + [tried(name, look) for name, look in looks.items()]


def tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except Skipped as reason:
        return Check(name, "skipped", str(reason))
    except Failed as error:
        return Check(name, "failed", str(error), error.advice)
    except (SettingsError, DatabaseUnusable, KnowledgeUnusable) as error:
        return Check(name, "failed", str(error))
    # A check that breaks down must not hide what the others found.
    except Exception as error:
        return Check(name, "failed", f"{type(error).__name__}: {error}")


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


def database(settings: Settings) -> str:
    with closing(existing_database(settings)) as opened:
        if not schema.is_current(opened):
            raise Failed("the schema is not this version's", "Run: lorebot db upgrade")
        return f"{'SQLite' if opened.is_sqlite else 'PostgreSQL'}, schema up to date"


def existing_database(settings: Settings) -> Database:
    """Open the database, but do not make a file that was not there."""
    url = parse_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").expanduser().exists():
        raise Skipped(f"{url.database} is not made yet; `lorebot reindex` makes it")
    return open_database(settings.database.url)


def embedding_model(settings: Settings, *, online: bool) -> str:
    model = settings.knowledge.embedding_model
    if not (online or model == DEFAULT_MODEL or Path(model).expanduser().is_dir()):
        raise Skipped(f"{model} comes from Hugging Face; --online looks for it")
    files = find_embedding_files(model)
    return f"{files.name}, SHA-256 {files.sha256[:12]}…"


def documents(settings: Settings) -> str:
    folder = settings.knowledge.documents
    if not folder.is_dir():
        raise Failed(
            f"there is no folder {folder}", "Set knowledge.documents to the folder of documents."
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise Failed(f"{folder} cannot be read", "Give this user the right to read it.")
    count = sum(len(files) for _, _, files in os.walk(folder))
    if not count:
        raise Failed(f"{folder} is empty", "Put documents there, then run: lorebot reindex")
    return f"{count} files in {folder}"


def index(settings: Settings) -> str:
    """Load the model and compare what is indexed with the settings."""
    from knowledge.base import open_knowledge

    with closing(existing_database(settings)) as opened:
        if not schema.is_current(opened):
            raise Skipped("the database comes first")
        status = open_knowledge(opened, settings.knowledge).status()
    if status.version is None:
        raise Failed("nothing is indexed yet", "Run: lorebot reindex")
    if not status.in_step:
        raise Failed("settings have changed since the last reindex", "Run: lorebot reindex")
    return f"{status.documents} documents, {status.passages} passages, version {status.version}"


def slack_tokens(settings: Settings, *, online: bool) -> str:
    if not online and not has_tokens(settings):
        raise Skipped("none set; only `lorebot serve` needs them")
    check_for_serving(settings)
    return f"present, for {settings.slack.mode} mode"


def has_tokens(settings: Settings) -> bool:
    slack = settings.slack
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return any(token.get_secret_value() for token in tokens)


def slack(settings: Settings, *, online: bool) -> str:
    """Ask Slack who the bot token is, and whether the app token opens a socket."""
    if not online and not has_tokens(settings):
        raise Skipped("no tokens to try")
    check_for_serving(settings)
    address = settings.slack.api_url or WebClient.BASE_URL
    client = WebClient(base_url=address, timeout=10, logger=SILENT)
    try:
        me = client.auth_test(token=settings.slack.bot_token.get_secret_value())
        if settings.slack.mode == "socket":
            client.apps_connections_open(app_token=settings.slack.app_token.get_secret_value())
    except SlackApiError as error:
        raise Failed(
            f"Slack refuses a token: {error.response['error']}",
            "Copy the tokens again from the app's pages at api.slack.com/apps.",
        ) from error
    except (OSError, SlackClientError) as error:
        raise Failed(
            f"{address} cannot be reached: {error}", "Check the connection and any proxy."
        ) from error
    return f"{me['user']} in {me['team']}"


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
