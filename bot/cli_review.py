"""`lorebot review`: the commands of an expert."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli_options import Config, Home, Json
from bot.cli_place import settings_for

app = typer.Typer(
    help="Decide on what people have corrected; approved answers go before the documents."
)

Id = Annotated[
    int, typer.Argument(metavar="ID", help="Its number in the list.", min=1, show_default=False)
]
Answer = Annotated[
    str | None, typer.Option("--answer", help="The right answer, in your own words.")
]
Role = Annotated[
    str, typer.Option("--role", help="Who stands for it, shown with it: Office manager.")
]
Channel = Annotated[
    str | None,
    typer.Option(
        "--channel",
        metavar="ID",
        help='Give it in this channel alone (C…, G…), or "everywhere"; without it, to those who '
        "could read the question.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why it is not taken; it is kept.")]


@app.callback(invoke_without_command=True)
def review(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    if context.invoked_subcommand is None:
        with settings_for(context, home, config) as settings:
            from bot.review import show_waiting

            show_waiting(settings, as_json=as_json)


@app.command()
def approve(
    context: typer.Context,
    number: Id,
    answer: Answer = None,
    role: Role = "",
    channel: Channel = None,
    home: Home = None,
    config: Config = None,
) -> None:
    """Make a correction the verified answer to its question, from now on."""
    with settings_for(context, home, config) as settings:
        from bot.review import approve

        approve(settings, number, answer=answer, role=role, channel=channel)


@app.command()
def edit(
    context: typer.Context,
    number: Id,
    answer: Answer = None,
    role: Role = "",
    channel: Channel = None,
    home: Home = None,
    config: Config = None,
) -> None:
    """Approve a correction in other words: those of --answer, or written in your editor."""
    with settings_for(context, home, config) as settings:
        from bot.review import edit

        edit(settings, number, answer=answer, role=role, channel=channel)


@app.command()
def reject(
    context: typer.Context,
    number: Id,
    reason: Reason = "",
    home: Home = None,
    config: Config = None,
) -> None:
    """Let a correction be: nothing is learned from it."""
    with settings_for(context, home, config) as settings:
        from bot.review import reject

        reject(settings, number, reason)


@app.command()
def answers(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """List the verified answers."""
    with settings_for(context, home, config) as settings:
        from bot.review import show_answers

        show_answers(settings, as_json=as_json)


@app.command()
def withdraw(context: typer.Context, number: Id, home: Home = None, config: Config = None) -> None:
    """Take a verified answer back."""
    with settings_for(context, home, config) as settings:
        from bot.review import withdraw

        withdraw(settings, number)
