"""The commands about knowledge: ask, reindex, status, evaluate, and the database under it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from bot.cli_open import opened, opened_database, quiet, user
from bot.cli_show import (
    answer_json,
    show_answer,
    show_figures,
    show_json,
    show_report,
    show_status,
    write,
)
from bot.cli_stream import Shown
from bot.config import Settings
from bot.progress import open_progress, showing
from knowledge.audience import Reader
from knowledge.confidence import FILE, load_calibration
from knowledge.errors import KnowledgeUnusable


def ask(settings: Settings, question: str, *, reader: str | None, as_json: bool) -> None:
    with opened(settings) as lorebot:
        if lorebot.knowledge.status().version is None:
            raise KnowledgeUnusable("Nothing is indexed yet. Run first: lorebot reindex")
        console = Console()
        shown = None if as_json else Shown(console)
        record = lorebot.desk.ask(question, surface="cli", reader=reader_of(reader), follower=shown)
    if as_json:
        show_json(answer_json(record))
    else:
        show_answer(record, console, again=shown is not None and shown.anything)


def reader_of(slack_id: str | None) -> Reader | None:
    """Everybody in a channel, or a person; nobody in particular may read everything."""
    if slack_id is None:
        return None
    if slack_id.startswith(("C", "G")):
        return Reader(channel=slack_id)
    return Reader(person=slack_id)


def reindex(settings: Settings, only: Collection[str] = (), *, full: bool, as_json: bool) -> None:
    with opened(settings) as lorebot, open_progress() as show:
        report = lorebot.commands.reindex(
            full=full,
            progress=showing(show),
            actor=user(),
            surface="cli",
            only=only,
        )
    if as_json:
        show_json(report.as_json())
    else:
        show_report(report, Console())


def status(settings: Settings, *, as_json: bool) -> None:
    with opened(settings) as lorebot:
        figures = lorebot.commands.status().as_json()
    if as_json:
        show_json(figures)
    else:
        show_status(figures, Console())


def evaluate(
    settings: Settings, data_set: Path, *, from_docs: bool, limit: int | None, as_json: bool
) -> None:
    # Imported here: nothing else needs it.
    from finetune.evaluate import evaluate

    with quiet(), open_progress() as show:
        evaluation = evaluate(
            data_set,
            settings.knowledge,
            from_docs=from_docs,
            limit=limit,
            calibration=load_calibration(settings.home / FILE),
            progress=show,
        )
    if as_json:
        show_json(evaluation.as_json())
    else:
        show_figures(evaluation.as_json(), Console())


def upgrade(settings: Settings) -> None:
    with opened_database(settings):
        pass
    write(Console(), "The database has the schema of this version.")
