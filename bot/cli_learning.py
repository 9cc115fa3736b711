"""The commands of the loop: retrain, cycles, cycle, releases, promote, rollback."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bot.cli_options import Config, Home, Json, Way
from bot.cli_place import settings_for

app = typer.Typer()


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be learned, and change nothing.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Let a cycle that is running end first.")]
CycleId = Annotated[
    int, typer.Argument(metavar="ID", help="Its number in the list.", min=1, show_default=False)
]
End = Annotated[bool, typer.Option("--cancel", help="Let it end at its next step.")]
Export = Annotated[
    Literal["llama-factory", "axolotl"] | None,
    typer.Option("--export", help="Write its examples for another trainer, into a folder here."),
]
ReleaseId = Annotated[
    int, typer.Argument(metavar="ID", help="Its number in the list.", min=1, show_default=False)
]


@app.command()
def retrain(
    context: typer.Context,
    strategy: Way = None,
    dry_run: DryRun = False,
    wait: Wait = False,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Learn from ratings and corrections; what is better goes live."""
    with settings_for(context, home, config) as settings:
        from bot.cli_cycles import retrain

        retrain(settings, strategy, dry_run=dry_run, wait=wait, as_json=as_json)


@app.command()
def cycles(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """List what was learned, when, and what came of it."""
    with settings_for(context, home, config) as settings:
        from bot.cli_cycles import show_cycles

        show_cycles(settings, as_json=as_json)


@app.command()
def cycle(
    context: typer.Context,
    number: CycleId,
    cancel: End = False,
    export: Export = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Show one cycle: what was wrong, what was learned, and what it was decided by."""
    with settings_for(context, home, config) as settings:
        from bot.cli_cycles import end_cycle, export_cycle, show_cycle

        if cancel:
            end_cycle(settings, number)
        elif export is not None:
            export_cycle(settings, number, export)
        else:
            show_cycle(settings, number, as_json=as_json)


@app.command()
def releases(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """List the releases: what answers now, what has answered, and what waits."""
    with settings_for(context, home, config) as settings:
        from bot.cli_releases import show_releases

        show_releases(settings, as_json=as_json)


@app.command()
def promote(
    context: typer.Context,
    number: ReleaseId,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Let a release answer from now on."""
    with settings_for(context, home, config) as settings:
        from bot.cli_releases import promote

        promote(settings, number, as_json=as_json)


@app.command()
def rollback(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """Let the release answer again that the live one was made from."""
    with settings_for(context, home, config) as settings:
        from bot.cli_releases import rollback

        rollback(settings, as_json=as_json)
