"""The command rehearse: the loop with simulated people, shown as a table or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.cli_open import quiet
from bot.cli_show import show_json, write
from bot.config import Settings
from bot.progress import open_progress
from finetune.rehearsal.play import rehearse
from finetune.settings import Strategy
from finetune.split import Half
from knowledge.confidence import FILE, load_calibration

ROWS = (
    ("passage hit@1", "retrieval", "passage", "hit@1"),
    ("passage hit@5", "retrieval", "passage", "hit@5"),
    ("passage MRR@10", "retrieval", "passage", "mrr@10"),
    ("page hit@5", "retrieval", "page", "hit@5"),
    ("token F1", "answers", "f1"),
    ("answer contained", "answers", "containment"),
    ("abstained, of the answerable", "abstention", "answerable"),
    ("abstained, of the unanswerable", "abstention", "unanswerable"),
)


def run(
    settings: Settings,
    data_set: Path,
    *,
    cycles: int,
    strategy: Strategy | None,
    halves: Sequence[Half],
    controls: bool,
    from_docs: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Nothing of it touches the home: it is played in a place of its own."""
    with quiet(), open_progress() as show:
        rehearsal = rehearse(
            data_set,
            settings.knowledge,
            settings.training,
            cycles=cycles,
            strategy=strategy or settings.training.strategy,
            halves=halves,
            from_docs=from_docs,
            limit=limit,
            calibration=load_calibration(settings.home / FILE),
            controls=controls,
            progress=show,
        )
    if as_json:
        show_json(rehearsal.as_json())
    else:
        show_rehearsal(rehearsal.as_json(), Console())


def show_rehearsal(played: dict[str, Any], console: Console) -> None:
    halves = played["cycles"][0]["halves"]
    counts = [f"{half['asked']} questions asked, {half['held_out']} held out" for half in halves]
    write(console, f"{'; then '.join(counts)}:\n")
    table = Table.grid(padding=(0, 2))
    numbers = range(1, len(played["cycles"]) + 1)
    table.add_row("", "before", *(f"after cycle {number}" for number in numbers))
    states = [played["before"], *(cycle["after"] for cycle in played["cycles"])]
    for label, *path in ROWS:
        table.add_row(label, *(figure(state, path) for state in states))
    console.print(table)
    for number, cycle in enumerate(played["cycles"], start=1):
        write(console, f"\nCycle {number}, {cycle['strategy']}: {cycle['verdict']}", "bold")
        for half in cycle["halves"]:
            write(console, f"{half['asked']} asked, {half['verdict']}: {half['reason']}", indent=2)
            took = sum(half["seconds"].values())
            write(console, f"After the gate: {changed(half)}, {took:.0f} s\n", indent=2)
        if len(cycle["halves"]) > 1:
            write(console, f"Both halves after the gate: {changed(cycle)}", indent=2)
    show_controls(played["controls"], console)


def changed(cycle: dict[str, Any]) -> str:
    change = cycle["delta"]["mrr@10"]
    interval = f"{change['low']:+.3f} to {change['high']:+.3f}"
    return f"MRR@10 {change['mean']:+.3f} (95 % interval {interval})"


def show_controls(controls: dict[str, Any], console: Console) -> None:
    if not controls:
        return
    shuffled, poisoner = controls["shuffled"], controls["poisoner"]
    refused = "not promoted, as it has to be" if shuffled["refused"] else "PROMOTED"
    write(console, f"\nControl, shuffled corrections: {refused}", "bold")
    write(console, shuffled["reason"], indent=2)
    told = "did harm" if poisoner["mattered"] else "did no harm"
    write(
        console,
        f"Control, one person votes {poisoner['votes']} times against what is right: {told}",
        "bold",
    )


def figure(state: dict[str, Any], path: list[str]) -> str:
    value: Any = state
    for name in path:
        value = value[name]
    return "–" if value is None else f"{value:.3f}"
