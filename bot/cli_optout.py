"""The commands opt-out and opt-in, for those who are asked to learn nothing from somebody."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli_options import Config, Home, Json
from bot.cli_place import settings_for

app = typer.Typer()


def person_id(value: str | None) -> str | None:
    from knowledge.sources.settings import SLACK_ID

    if value is None or (value.startswith(("U", "W")) and SLACK_ID.fullmatch(value)):
        return value
    raise typer.BadParameter("give the id of a person (U…, W…), as Slack shows it.")


PERSON = typer.Argument(
    metavar="USER",
    help="The id of a person (U…, W…), as Slack shows it.",
    show_default=False,
    callback=person_id,
)
NobodyOr = Annotated[str | None, PERSON]
Person = Annotated[str, PERSON]


@app.command("opt-out")
def opt_out(
    context: typer.Context,
    person: NobodyOr = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Learn nothing from what a person asks, rates or corrects; without USER, list who is out."""
    with settings_for(context, home, config) as settings:
        from bot.optout import opt_out, show_opted_out

        if person is None:
            show_opted_out(settings, as_json=as_json)
        else:
            opt_out(settings, person, as_json=as_json)


@app.command("opt-in")
def opt_in(
    context: typer.Context,
    person: Person,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Take that back: what the person asks, rates and corrects may be learned from again."""
    with settings_for(context, home, config) as settings:
        from bot.optout import opt_in

        opt_in(settings, person, as_json=as_json)
