"""The commands about cycles: run one, list them, look at one, end one."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.claims import Patience
from bot.cli_errors import FAILED
from bot.cli_open import opened, opened_database, user
from bot.cli_show import plain, printable, show_figures, show_json, write
from bot.cli_sources import WIDE, minute
from bot.config import Settings
from bot.learning import LISTED
from bot.learning_views import gaps_of, most, step_name, words
from bot.progress import open_progress, showing_steps
from db import cycles
from db.cycles import CycleRecord
from finetune.dataset import jsonl
from finetune.dataset.exporters import Format, export
from finetune.request import CycleDetail, find_cycle
from finetune.settings import Strategy

WAIT_S = 24 * 3600.0
RETRY_S = 2.0
COLUMNS = ("id", "strategy", "outcome", "begun", "ended", "release", "reason")


def retrain(
    settings: Settings,
    strategy: Strategy | None,
    *,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> None:
    with opened(settings) as lorebot, open_progress() as show:
        stopping = lorebot.commands.stopping
        with ctrl_c_ends(stopping):
            record = lorebot.learning.retrain(
                strategy,
                dry_run,
                showing_steps(show),
                user(),
                "cli",
                patience=Patience(WAIT_S, stopping, RETRY_S) if wait else None,
            )
    if as_json:
        show_json(plain(record))
    else:
        show_outcome(record, Console())
    if record.status == "failed":
        raise typer.Exit(FAILED)


@contextmanager
def ctrl_c_ends(stopping: threading.Event) -> Iterator[None]:
    """The cycle ends at its next step and is closed; a second Ctrl-C ends it where it is."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    before = signal.signal(signal.SIGINT, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def show_cycles(settings: Settings, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        found = cycles.latest(database, LISTED)
    if as_json:
        show_json({"cycles": plain(found)})
    elif found:
        # In a pipe every cycle keeps to its line, however long.
        table_of(found, Console(width=None if sys.stdout.isatty() else WIDE))
    else:
        write(Console(), "There has been no cycle yet: lorebot retrain begins one.")


def table_of(found: Sequence[CycleRecord], console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, justify="right" if column == "id" else "left")
    for record in found:
        table.add_row(*(Text(printable(cell)) for cell in cells(record)))
    console.print(table)


def cells(record: CycleRecord) -> tuple[str, ...]:
    return (
        str(record.id),
        record.strategy,
        outcome(record),
        minute(record.started_at),
        minute(record.finished_at),
        "–" if record.candidate_id is None else str(record.candidate_id),
        record.reason or step_name(record.step),
    )


def outcome(record: CycleRecord) -> str:
    return f"{record.status} (dry run)" if record.dry_run else record.status


def show_cycle(settings: Settings, number: int, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        detail = find_cycle(database, number)
    if as_json:
        show_json(detail_json(detail))
    else:
        show_detail(detail, Console())


def detail_json(detail: CycleDetail) -> dict[str, object]:
    return {
        **plain(detail.record),
        "causes": dict(detail.causes),
        "figures": plain(detail.figures),
    }


def show_detail(detail: CycleDetail, console: Console) -> None:
    record = detail.record
    show_outcome(record, console)
    by = f"{record.requested_by or 'nobody'} ({record.surface})"
    times = f"{minute(record.started_at)} to {minute(record.finished_at)}"
    write(console, f"{record.strategy}, {times}, asked for by {by}", "dim")
    if detail.causes:
        write(console, "\nWhat was wrong", "bold")
        show_figures({words(cause): count for cause, count in most(detail.causes)}, console)
    missing = gaps_of(record)
    if missing:
        write(console, "\nPages that are missing; --json has a draft of each", "bold")
    for line in missing:
        write(console, line)
    if detail.figures:
        write(console, "\nWhat it was decided by", "bold")
        show_figures(dict(detail.figures), console)


def show_outcome(record: CycleRecord, console: Console) -> None:
    write(console, f"Cycle {record.id}: {outcome(record)}", "bold")
    write(console, record.reason or step_name(record.step))


def end_cycle(settings: Settings, number: int) -> None:
    with opened(settings) as lorebot:
        lorebot.learning.cancel(number, user(), "cli")
    write(Console(), f"Cycle {number} ends at its next step.")


def export_cycle(settings: Settings, number: int, form: Format) -> None:
    """Raises DatasetUnusable where the cycle came to no examples for a language model."""
    # Imported here: it brings what trains.
    from finetune.workshop import examples_of

    data = jsonl.load(examples_of(settings.home / "training", number))
    folder = Path(f"cycle-{number}-{form}")
    for path in export(data, form, folder):
        write(Console(), f"Written: {path}")
