"""Print answers, reports, figures and checks: for people, or as one JSON object."""

from __future__ import annotations

import datetime as dt
import json
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.markdown import flat, to_pieces
from knowledge.report import grouped

# Only for their types: help and errors are printed without loading what these modules load.
if TYPE_CHECKING:
    from bot.doctor import Check
    from db.interactions import InteractionRecord, PassageRecord
    from knowledge.report import ReindexReport

MARKS = {"ok": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim")}


def plain(value: Any) -> Any:
    """A record, and whatever it holds, ready for json.dumps: times in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.datetime) else value


def show_json(values: dict[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=2))


def answer_json(record: InteractionRecord) -> dict[str, Any]:
    return {
        "question": record.question,
        "standalone": record.standalone or record.question,
        "answer": record.answer,
        "notice": record.notice,
        "abstained": record.abstained,
        "citations": [
            {
                "number": passage.citation,
                "title": passage.title,
                "uri": passage.uri,
                "heading": passage.heading,
                "quote": passage.quote,
                "score": passage.score,
            }
            for passage in cited(record)
        ],
        "passages": [asdict(passage) for passage in distinct(record.passages)],
        "release": record.release_id,
        "timings_ms": record.timings_ms,
        "interaction_id": record.id,
    }


def searched_for(record: InteractionRecord) -> str:
    return f"Searched for: {record.standalone}" if record.standalone else ""


def cited(record: InteractionRecord) -> list[PassageRecord]:
    passages = [passage for passage in record.passages if passage.citation is not None]
    return sorted(passages, key=lambda passage: passage.citation or 0)


def distinct(passages: Iterable[PassageRecord]) -> list[PassageRecord]:
    """A passage that is cited under two numbers is stored twice."""
    return list({(p.path, p.heading, p.text): p for p in passages}.values())


def show_answer(record: InteractionRecord, console: Console, again: bool = False) -> None:
    """The checked answer; `again` where a language model's words were shown as they came."""
    if again:
        write(console, "\n\nChecked", "bold")
    write(console, "\n\n".join(piece.plain for piece in to_pieces(record.answer)))
    for line in (searched_for(record), record.notice):
        if line:
            write(console, f"\n{line}", "dim")
    if record.abstained:
        titles = list(dict.fromkeys(passage.title for passage in record.passages))
        if titles:
            write(console, f"\nThe nearest documents: {', '.join(titles[:3])}.")
        return
    write(console, "\nSources", "bold")
    for passage in cited(record):
        place = " › ".join(part for part in (passage.title, passage.heading) if part)
        write(console, f"[{passage.citation}] {place}", "cyan")
        write(console, f"“{flat(passage.quote or '')}”", indent=4)
        write(console, passage.uri or passage.path, "dim", indent=4)


def show_report(report: ReindexReport, console: Console) -> None:
    """The files that were left out by their reasons; --json has them all."""
    write(console, report.summary())
    for line in report.by_source():
        write(console, line, indent=2)
    if report.total("passages"):
        write(console, report.stages(), "dim", indent=2)
    for error in report.errors:
        write(console, f"warning: {error}", "yellow")
    for files, reason in grouped(report.skipped):
        write(console, f"skipped {files}: {reason}", "yellow")


def show_figures(figures: dict[str, Any], console: Console) -> None:
    """Names and values, the nested ones with their names joined by a dot."""
    table = Table.grid(padding=(0, 2))
    for name, value in pairs(figures):
        table.add_row(Text(name), Text(printable("–" if value is None else str(value))))
    console.print(table)


def show_status(figures: dict[str, Any], console: Console) -> None:
    """Of the latest reindex only how it went: its report was shown when it ran."""
    last = figures["reindex"] or {"status": "none yet", "finished_at": None, "error": None}
    shown = {name.replace("_", " "): value for name, value in figures.items()}
    shown["reindex"] = {name: last[name] for name in ("status", "finished_at", "error")}
    show_figures(shown, console)


def pairs(figures: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from pairs(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def show_doctor(checks: Sequence[Check], *, as_json: bool) -> None:
    if as_json:
        ok = not any(check.failed for check in checks)
        show_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    else:
        show_checks(checks, Console())


def show_checks(checks: Sequence[Check], console: Console) -> None:
    for check in checks:
        mark, colour = MARKS[check.state]
        line = Text(f"{mark} ", colour)
        line.append(f"{check.name:<16}", "bold").append(printable(check.found), "default")
        console.print(line, soft_wrap=not console.is_terminal)
        if check.advice:
            write(console, f"→ {check.advice}", "yellow", indent=18)


def write(console: Console, text: str, style: str = "", indent: int = 0) -> None:
    """Text as it is: no markup, and no wrapping where no person reads along."""
    if console.is_terminal:
        console.print(Padding(Text(printable(text), style), (0, 0, 0, indent)))
    else:
        shown = textwrap.indent(printable(text), " " * indent)
        console.print(Text(shown), soft_wrap=True)


def printable(text: str) -> str:
    """Without what would move a terminal's cursor or change its colours."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))
