"""The commands about releases: list them, let one go live, go back."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli_open import opened, opened_database, user
from bot.cli_show import plain, printable, show_json, write
from bot.cli_sources import WIDE, minute
from bot.config import Settings
from bot.learning import LISTED
from bot.learning_views import learnt
from db import registry
from db.registry import ReleaseRecord

COLUMNS = ("id", "status", "learnt", "made from", "made", "live since", "note")


def show_releases(settings: Settings, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        found = registry.releases(database, LISTED)
    if as_json:
        show_json({"releases": plain(found)})
    elif not found:
        write(Console(), "There is no release yet: start Lorebot once.")
    else:
        # In a pipe every release keeps to its line, however long.
        table_of(found, Console(width=None if sys.stdout.isatty() else WIDE))


def table_of(found: Sequence[ReleaseRecord], console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, justify="right" if column == "id" else "left")
    for record in found:
        table.add_row(*(Text(printable(cell)) for cell in cells(record)))
    console.print(table)


def cells(record: ReleaseRecord) -> tuple[str, ...]:
    return (
        str(record.id),
        record.status,
        learnt(record),
        "–" if record.parent_id is None else str(record.parent_id),
        minute(record.created_at),
        minute(record.promoted_at),
        record.note,
    )


def promote(settings: Settings, number: int, *, as_json: bool) -> None:
    with opened(settings) as lorebot:
        record = lorebot.learning.promote(number, user(), "cli")
    show(record, as_json=as_json)


def rollback(settings: Settings, *, as_json: bool) -> None:
    with opened(settings) as lorebot:
        record = lorebot.learning.rollback(user(), "cli")
    show(record, as_json=as_json)


def show(record: ReleaseRecord, *, as_json: bool) -> None:
    if as_json:
        show_json(plain(record))
    else:
        write(Console(), f"Release {record.id} answers from now on.")
