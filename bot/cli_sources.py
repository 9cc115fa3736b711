"""The command about sources: a table for people, or one JSON object."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli_show import printable, show_json, write
from bot.commands import REINDEX
from bot.config import Settings
from bot.sources import SourceStatus, audience_words, describe
from db import schema
from db.engine import open_database

COLUMNS = ("name", "kind", "audience", "owners", "documents", "passages", "last read", "next run")
WIDE = 1000
NUMBERS = ("documents", "passages")


def sources(settings: Settings, *, as_json: bool) -> None:
    # No model is needed for this, and loading one takes seconds.
    with closing(open_database(settings.database.url)) as database:
        schema.upgrade(database)
        found = describe(database, REINDEX, settings.all_sources)
    if as_json:
        show_json({"sources": [source.as_json() for source in found]})
    else:
        # In a pipe every source keeps to its line, however long.
        show_sources(found, Console(width=None if sys.stdout.isatty() else WIDE))


def show_sources(found: Sequence[SourceStatus], console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in NUMBERS else "left")
    for source in found:
        table.add_row(*(Text(printable(cell)) for cell in cells(source)))
    console.print(table)
    for source in found:
        if source.error is not None:
            write(console, f"{source.name} could not be read: {source.error}", "yellow")


def cells(source: SourceStatus) -> tuple[str, ...]:
    schedule = f" ({source.schedule})" if source.schedule else ""
    return (
        source.name,
        source.kind,
        audience_words(source.audience),
        ", ".join(source.owners) or "–",
        str(source.documents),
        str(source.passages),
        minute(source.read_at),
        minute(source.next_run) + schedule,
    )


def minute(time: dt.datetime | None) -> str:
    return "–" if time is None else f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
