"""What the command line says when something goes wrong: one sentence, never a traceback."""

from __future__ import annotations

import datetime as dt
import secrets
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bot.logs import redact

FAILED = 1
INTERRUPTED = 130
UNKNOWN_ERROR = 70
"""EX_SOFTWARE of sysexits.h."""


@contextmanager
def plain_errors(home: Path) -> Iterator[None]:
    """Say what went wrong on stderr and leave with its exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        say("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if is_expected(error):
            say(str(error))
            raise typer.Exit(FAILED) from None
        say(report(error, home))
        raise typer.Exit(UNKNOWN_ERROR) from None


def is_expected(error: Exception) -> bool:
    """Whether the error's message is a sentence for people."""
    from bot import errors
    from bot.config import SettingsError
    from bot.demo_talk import DemoFailed
    from bot.workspace import PortInUse
    from db.engine import DatabaseUnusable
    from finetune.datasets import DatasetUnusable

    own = (SettingsError, DatabaseUnusable, DatasetUnusable, PortInUse, DemoFailed)
    return isinstance(error, own) or errors.is_expected(error)


def report(error: Exception, home: Path) -> str:
    """Keep the traceback for whoever looks after Lorebot, and return what the user reads."""
    incident = secrets.token_hex(4)
    log = home / "logs" / "lorebot.log"
    lines = redact("".join(traceback.format_exception(error)))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{dt.datetime.now(dt.UTC).isoformat()} incident {incident}\n{lines}\n")
    except OSError as unwritable:
        return (
            f"Something unexpected went wrong: {redact(repr(error))}. "
            f"The details could not be kept in {log}: {unwritable.strerror}."
        )
    return f"Something unexpected went wrong: incident {incident}. The details are in {log}."


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
