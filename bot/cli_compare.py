"""The command compare: four ways to answer on the same questions, as tables or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.cli_open import quiet
from bot.cli_show import show_json, write
from bot.config import Settings
from bot.progress import open_progress
from finetune.comparison.arms import ARMS, NAMES, TUNED
from finetune.comparison.compare import Comparison, Conditions, compare
from finetune.comparison.sample import compare_sample
from finetune.datasets import DatasetUnusable
from knowledge.confidence import FILE, load_calibration

NO_DATA = "Name the folder of a data set, or try it on the built-in one: lorebot compare --sample"
BOTH = "Name either the folder of a data set or --sample, not both."


def share(value: float) -> str:
    return f"{value:.3f}"


def thousands(value: float) -> str:
    return f"{value:,.0f}"


ROWS: tuple[tuple[str, Callable[[float], str], tuple[str, ...]], ...] = (
    ("token F1", share, ("f1",)),
    ("answer contained", share, ("containment",)),
    ("abstained, of the answerable", share, ("abstention", "answerable")),
    ("abstained, of the unanswerable", share, ("abstention", "unanswerable")),
    ("sentences cited and borne out", share, ("explainability",)),
    ("quoted in place of the model", share, ("quoted",)),
    ("latency, median ms", thousands, ("latency_ms", "median")),
    ("latency, p95 ms", thousands, ("latency_ms", "p95")),
)


def run(
    settings: Settings,
    data_set: Path | None,
    conditions: Conditions,
    *,
    sample: bool,
    from_docs: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Nothing of it touches the home: it is measured in a place of its own."""
    if sample == (data_set is not None):
        raise DatasetUnusable(BOTH if sample else NO_DATA)
    with quiet(), open_progress() as show:
        if data_set is None:
            compared = compare_sample(
                settings.knowledge, settings.training, conditions, limit=limit, progress=show
            )
        else:
            compared = compare(
                data_set,
                settings.knowledge,
                settings.training,
                conditions,
                from_docs=from_docs,
                limit=limit,
                calibration=load_calibration(settings.home / FILE),
                progress=show,
            )
    show_comparison(compared, Console(), as_json)


def show_comparison(compared: Comparison, console: Console, as_json: bool) -> None:
    told = compared.as_json()
    if as_json:
        show_json(told)
        return
    asked = told["questions"]
    write(
        console,
        f"{told['model']['name']}: fine-tuned on {asked['trained']} questions and asked "
        f"{asked['held_out']} others:\n",
    )
    console.print(table_of(told))
    write(console, "\nDifferences in token F1 (95 % interval; p after Holm's correction):", "bold")
    console.print(differences_of(told))
    show_training(told, console)
    chosen = told["recommendation"]
    write(console, f"\nRecommended: {NAMES[chosen['arm']]}", "bold")
    for reason in chosen["reasons"]:
        write(console, f"- {reason}", indent=2)


def table_of(told: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("", *(NAMES[arm] for arm in ARMS))
    for label, shown, path in ROWS:
        table.add_row(label, *(figure(told["arms"][arm], path, shown) for arm in ARMS))
    taught = told["taught"]["arms"]
    for label, name in (("taught questions again: token F1", "f1"), ("… contained", "containment")):
        table.add_row(label, *(figure(taught[arm], (name,), share) for arm in ARMS))
    changed = told["freshness"]["arms"]
    for label, name in (("changed facts: says the new", "new"), ("… still the old", "old")):
        table.add_row(label, *(figure(changed[arm], (name,), share) for arm in ARMS))
    return table


def differences_of(told: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for one in told["differences"]:
        if one["measure"] == "f1":
            table.add_row(
                f"  {NAMES[one['arm']]} – {NAMES[one['against']]}",
                f"{one['mean']:+.3f}",
                f"({one['low']:+.3f} to {one['high']:+.3f})",
                f"p = {one['p']:.3f}{'  *' if one['significant'] else ''}",
            )
    return table


def show_training(told: Mapping[str, Any], console: Console) -> None:
    for arm in TUNED:
        training, forgetting = told["training"][arm], told["forgetting"][arm]
        nll, right = forgetting["nll"], forgetting["right"]
        write(console, f"\n{NAMES[arm]}", "bold")
        write(
            console,
            f"trained on {training['examples']} examples in {training['seconds']:.0f} s with "
            f"{training['peak_mb']:,} MB at most, an adapter of {training['adapter_mb']} MB",
            indent=2,
        )
        write(
            console,
            f"general prompts: negative log-likelihood {figure(nll, ('before',), share)} → "
            f"{figure(nll, ('after',), share)}, answered rightly "
            f"{figure(right, ('before',), share)} → {figure(right, ('after',), share)}",
            indent=2,
        )
    write(console, f"\nFacts changed in the documents after training: {told['freshness']['facts']}")


def figure(told: Mapping[str, Any], path: tuple[str, ...], shown: Callable[[float], str]) -> str:
    value: Any = told
    for name in path:
        value = value[name]
    return "–" if value is None else shown(value)
