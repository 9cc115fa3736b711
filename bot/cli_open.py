"""What a command opens: all of Lorebot, or the database alone, which is there at once."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from bot import logs
from db import schema
from db.engine import Database, open_database

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.lorebot import Lorebot


@contextmanager
def opened(settings: Settings) -> Iterator[Lorebot]:
    """Raises DatabaseUnusable, KnowledgeUnusable."""
    # Imported here: it brings Slack and the models, which a list does without.
    from bot.app import build

    with quiet(), closing(build(settings)) as lorebot:
        yield lorebot


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """With the schema of this version. Raises DatabaseUnusable."""
    with quiet(), closing(open_database(settings.database.url)) as database:
        schema.upgrade(database)
        yield database


@contextmanager
def quiet() -> Iterator[None]:
    """Keep stdout for the result: whatever a library prints goes to stderr."""
    logs.configure("WARNING", "plain")
    with redirect_stdout(sys.stderr):
        yield


def user() -> str:
    """Who acts, for the audit; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
