"""The command report: what learning has brought, as pictures and in words, or as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot.cli_open import opened_database
from bot.cli_show import show_json, write
from bot.config import Settings
from bot.report_views import nothing_yet, sentences
from db.types import utc_now
from finetune.charts.pictures import Picture, pictures
from finetune.report import Report, gather
from knowledge.errors import KnowledgeUnusable


def run(settings: Settings, out: Path, days: int | None, *, as_json: bool) -> None:
    since = None if days is None else utc_now() - dt.timedelta(days=days)
    with opened_database(settings) as database:
        report = gather(database, since)
        paths = keep(pictures(report), out)
    if as_json:
        files = {path.stem: str(path) for path in paths}
        show_json({**report.as_json(), "pictures": files})
    else:
        show(report, paths, Console())


def keep(drawn: Sequence[Picture], folder: Path) -> list[Path]:
    """Write the pictures, and make the folder if there are any. Raises KnowledgeUnusable."""
    paths = [folder / f"{picture.name}.png" for picture in drawn]
    try:
        for picture, path in zip(drawn, paths, strict=True):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture.png)
    except OSError as error:
        raise KnowledgeUnusable(
            f"The pictures cannot be written to {folder} ({error.strerror}): "
            "name another folder with --out."
        ) from error
    return paths


def show(report: Report, paths: Sequence[Path], console: Console) -> None:
    if report.empty:
        write(console, nothing_yet(report))
        return
    for sentence in sentences(report).values():
        write(console, sentence)
    write(console, "\nThe pictures", "bold")
    for path in paths:
        write(console, str(path), indent=2)
