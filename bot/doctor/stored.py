"""What is stored: the database, the embedding model, and the index made with it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.config import Settings
from bot.doctor.check import Failed, Skipped
from db import schema
from db.engine import Database, open_database, parse_url
from knowledge.model_files import DEFAULT_MODEL, find_embedding_files


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
