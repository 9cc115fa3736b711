"""The commands that prove what learning brings before anybody relies on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli_options import Config, DataSet, FromDocs, Home, Json, Limit, Way
from bot.cli_place import settings_for

app = typer.Typer()

Cycles = Annotated[int, typer.Option("--cycles", help="Turns of the loop.", min=1, max=20)]
Controls = Annotated[
    bool,
    typer.Option(
        "--controls/--no-controls",
        help="Also play with shuffled corrections, and with one person who means ill.",
    ),
]
OneHalf = Annotated[
    bool,
    typer.Option("--one-half", help="Ask one half of the questions alone: in half the time."),
]
MaybeDataSet = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]",
        help="A folder with questions.jsonl and docs/ or passages.jsonl.",
        show_default=False,
        exists=True,
        file_okay=False,
    ),
]
Sample = Annotated[
    bool, typer.Option("--sample", help="On the built-in sample, with a small model made for it.")
]
Changes = Annotated[
    Literal["daily", "weekly", "monthly", "never"],
    typer.Option("--changes", help="How often what the documents say changes."),
]
Latency = Annotated[
    float,
    typer.Option(
        "--latency-ms", help="In so many milliseconds 95 of 100 answers must come.", min=1
    ),
]
Out = Annotated[
    Path,
    typer.Option("--out", help="Where to put the pictures.", metavar="DIR", file_okay=False),
]
Since = Annotated[
    int | None,
    typer.Option(
        "--since", help="Only of the last so many days.", metavar="DAYS", min=1, max=36_500
    ),
]


@app.command()
def rehearse(
    context: typer.Context,
    data_set: DataSet,
    cycles: Cycles = 1,
    strategy: Way = None,
    one_half: OneHalf = False,
    controls: Controls = True,
    from_docs: FromDocs = False,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Play the whole loop with simulated people on a labelled data set."""
    with settings_for(context, home, config) as settings:
        from bot.cli_rehearse import run
        from finetune.split import HALVES

        run(
            settings,
            data_set,
            cycles=cycles,
            strategy=strategy,
            halves=HALVES[:1] if one_half else HALVES,
            controls=controls,
            from_docs=from_docs,
            limit=limit,
            as_json=as_json,
        )


@app.command()
def report(
    context: typer.Context,
    out: Out = Path("lorebot-report"),
    since: Since = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Draw how people like the answers, why some were bad, and what each release brought."""
    with settings_for(context, home, config) as settings:
        from bot.cli_report import run

        run(settings, out, since, as_json=as_json)


@app.command()
def compare(
    context: typer.Context,
    data_set: MaybeDataSet = None,
    sample: Sample = False,
    changes: Changes = "weekly",
    latency_ms: Latency = 10_000,
    from_docs: FromDocs = False,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Measure base model, RAG, fine-tuning and both on a data set, and recommend one."""
    with settings_for(context, home, config) as settings:
        from bot.cli_compare import run
        from finetune.comparison.compare import Conditions

        run(
            settings,
            data_set,
            Conditions(changes, latency_ms),
            sample=sample,
            from_docs=from_docs,
            limit=limit,
            as_json=as_json,
        )
