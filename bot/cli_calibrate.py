"""The command calibrate: how sure an answer must be, chosen on labelled questions."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.cli_open import quiet
from bot.cli_show import printable, show_json, write
from bot.config import Settings
from bot.progress import open_progress
from finetune.calibrate import Figures, Report, calibrate
from finetune.curve import Line, picture
from knowledge.confidence import FILE, load_calibration, save_calibration
from knowledge.errors import KnowledgeUnusable

IN_FORCE, FITTED = "in force", "fitted"
ROWS = {
    "threshold": "threshold",
    "balanced_accuracy": "balanced accuracy",
    "answered": "answered, of the answerable",
    "refused": "refused, of the unanswerable",
    "precision": "precision: answers that are right",
    "coverage": "coverage: questions that are answered",
}


def run(
    settings: Settings,
    data_set: Path,
    *,
    precision: float | None,
    keep: bool,
    drawing: Path,
    from_docs: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Show what another calibration would bring, draw it and, with `keep`, let it be in force."""
    path = settings.home / FILE
    with quiet(), open_progress() as show:
        report = calibrate(
            data_set,
            settings.knowledge,
            current=load_calibration(path),
            precision=precision,
            from_docs=from_docs,
            limit=limit,
            progress=show,
        )
    draw(report, data_set.resolve().name, drawing)
    notes = about(report, data_set.resolve().name, settings.knowledge.embedding_model)
    if keep:
        save_calibration(path, report.fitted, notes)
    if as_json:
        show_json({**asdict(report.fitted), **notes, "written": keep})
    else:
        show_report(report, Console(), drawing, path if keep else None)


def draw(report: Report, name: str, path: Path) -> None:
    title = f"{name}: {report.held_out} questions held out"
    before = Line(IN_FORCE, report.curve_before, report.before)
    after = Line(FITTED, report.curve_after, report.after)
    try:
        path.write_text(picture(title, before, after), encoding="utf-8")
    except OSError as error:
        raise KnowledgeUnusable(
            f"The picture cannot be written to {path} ({error.strerror}): "
            "name another file with --picture."
        ) from error


def about(report: Report, name: str, model: str) -> dict[str, Any]:
    """What a calibration keeps of how it came about."""
    return {
        "data_set": name,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "embedding_model": model,
        "questions": report.asked,
        "held_out": report.held_out,
        "figures": {
            "in_force": rounded(report.before),
            "fitted": rounded(report.after),
        },
    }


def rounded(figures: Figures) -> dict[str, float | None]:
    values = asdict(figures)
    return {name: None if value is None else round(value, 4) for name, value in values.items()}


def show_report(report: Report, console: Console, drawing: Path, kept: Path | None) -> None:
    before, after = rounded(report.before), rounded(report.after)
    table = Table.grid(padding=(0, 2))
    table.add_row("", IN_FORCE, FITTED)
    for name, label in ROWS.items():
        table.add_row(label, shown(before[name]), shown(after[name]))
    write(
        console,
        f"Fitted on {report.asked - report.held_out} questions; "
        f"these are the figures on the {report.held_out} held out:\n",
    )
    console.print(table)
    write(console, f"\nThe curve of precision and coverage: {printable(str(drawing))}")
    if kept is None:
        write(console, "Nothing is changed; with --write it will be in force.")
    else:
        write(console, f"Written to {kept}: in force when Lorebot is next started.")


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
