"""The command line, `lorebot`: each command reads its settings, does one thing and shows it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import typer

from bot.cli_errors import FAILED, plain_errors
from bot.cli_learning import app as learning_app
from bot.cli_options import (
    As,
    Config,
    DataSet,
    FromDocs,
    Full,
    Home,
    Json,
    Limit,
    Once,
    Online,
    Picture,
    Place,
    Port,
    Precision,
    Question,
    Sources,
    TryGenerator,
    Version,
    Write,
)
from bot.cli_optout import app as optout_app
from bot.cli_place import DEMO_HOME, HOME, chosen, settings_for
from bot.cli_prove import app as prove_app
from bot.cli_review import app as review_app

# Everything that is slow to import is imported by the command that needs it: help comes at once.
app = typer.Typer(
    name="lorebot",
    help="Answers a team's questions in Slack from the team's own documents.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
database_app = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(database_app, name="db")
app.add_typer(review_app, name="review")
# Without a name its commands stand beside those below.
app.add_typer(learning_app)
app.add_typer(optout_app)
app.add_typer(prove_app)


@app.callback(invoke_without_command=True)
def lorebot(
    context: typer.Context, home: Home = None, config: Config = None, version: Version = False
) -> None:
    context.obj = Place(home, config)
    if version:
        show_version()
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def demo(
    context: typer.Context,
    port: Port = None,
    once: Once = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Try Lorebot in the browser: a workspace that works like Slack, with sample knowledge."""
    place = chosen(context, home, config)
    with plain_errors(place.home or DEMO_HOME):
        from bot.demo import run_demo

        run_demo(place.home or DEMO_HOME, place.config, port=port, once=once)


@app.command()
def serve(context: typer.Context, home: Home = None, config: Config = None) -> None:
    """Answer in Slack until stopped."""
    with settings_for(context, home, config) as settings:
        from bot.serve import serve

        serve(settings)


@app.command()
def ask(
    context: typer.Context,
    question: Question,
    reader: As = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Ask a question and get the cited answer."""
    with settings_for(context, home, config) as settings:
        from bot.cli_knowledge import ask

        ask(settings, question, reader=reader, as_json=as_json)


@app.command()
def reindex(
    context: typer.Context,
    source: Sources = None,
    full: Full = False,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Read the documents that changed, so that questions are answered from them."""
    with settings_for(context, home, config) as settings:
        from bot.cli_knowledge import reindex

        reindex(settings, source or (), full=full, as_json=as_json)


@app.command()
def sources(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """Where documents come from, who reads them, and when they were last read."""
    with settings_for(context, home, config) as settings:
        from bot.cli_sources import sources

        sources(settings, as_json=as_json)


@app.command()
def status(
    context: typer.Context, as_json: Json = False, home: Home = None, config: Config = None
) -> None:
    """What is indexed, asked and rated."""
    with settings_for(context, home, config) as settings:
        from bot.cli_knowledge import status

        status(settings, as_json=as_json)


@app.command()
def evaluate(
    context: typer.Context,
    data_set: DataSet,
    from_docs: FromDocs = False,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Score retrieval and answers on a data set."""
    with settings_for(context, home, config) as settings:
        from bot.cli_knowledge import evaluate

        evaluate(settings, data_set, from_docs=from_docs, limit=limit, as_json=as_json)


@app.command()
def calibrate(
    context: typer.Context,
    data_set: DataSet,
    precision: Precision = None,
    keep: Write = False,
    picture: Picture = Path("calibrate.svg"),
    from_docs: FromDocs = False,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Choose on a data set how sure an answer must be to be given."""
    with settings_for(context, home, config) as settings:
        from bot.cli_calibrate import run

        run(
            settings,
            data_set,
            precision=precision,
            keep=keep,
            drawing=picture,
            from_docs=from_docs,
            limit=limit,
            as_json=as_json,
        )


@app.command()
def doctor(
    context: typer.Context,
    online: Online = False,
    try_generator: TryGenerator = False,
    as_json: Json = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Check everything that Lorebot needs and say what to do."""
    place = chosen(context, home, config)
    with plain_errors(place.home or HOME):
        from bot.cli_show import show_doctor
        from bot.doctor import examine

        checks = examine(
            place.home or HOME, place.config, online=online, try_generator=try_generator
        )
        show_doctor(checks, as_json=as_json)
        if any(check.failed for check in checks):
            raise typer.Exit(FAILED)


@database_app.command()
def upgrade(context: typer.Context, home: Home = None, config: Config = None) -> None:
    """Bring the database to the schema of this version."""
    with settings_for(context, home, config) as settings:
        from bot.cli_knowledge import upgrade

        upgrade(settings)


def show_version() -> None:
    from importlib.metadata import version

    typer.echo(f"lorebot {version('lorebot')}")


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that is not UTF-8 shows \u2713 where others show a tick.
            stream.reconfigure(errors="backslashreplace")
    app()
