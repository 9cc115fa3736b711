"""The options of the command line, and where Lorebot lives according to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder of the database and logs (default: ./lorebot-data).",
        metavar="DIR",
        file_okay=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings (default: lorebot.toml).", metavar="FILE"),
]
Version = Annotated[bool, typer.Option("--version", help="Show the version and end.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Full = Annotated[bool, typer.Option("--full", help="Read and embed every document again.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only this source; may be repeated.", metavar="NAME"),
]
Port = Annotated[
    int | None, typer.Option(help="Port of the workspace (default: 8765).", min=0, max=65535)
]
Once = Annotated[bool, typer.Option("--once", help="Play a short conversation and end.")]
Online = Annotated[
    bool,
    typer.Option("--online", help="Also ask Slack, repositories and sites whether they answer."),
]
TryGenerator = Annotated[
    bool, typer.Option("--generator", help="Also let the language model write a little.")
]
Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="What you want to know.", show_default=False)
]


def slack_id(value: str | None) -> str | None:
    from knowledge.sources.settings import SLACK_ID

    if value is not None and not SLACK_ID.fullmatch(value):
        raise typer.BadParameter(
            "give the id of a channel (C…, G…) or of a person (U…, W…), as Slack shows it."
        )
    return value


As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Answer as to this channel (C…, G…) or person (U…, W…); without it, as to somebody "
        "who may read everything.",
        metavar="ID",
        callback=slack_id,
    ),
]
DataSet = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="A folder with questions.jsonl and docs/ or passages.jsonl.",
        show_default=False,
        exists=True,
        file_okay=False,
    ),
]
FromDocs = Annotated[
    bool, typer.Option("--from-docs", help="Search in docs/ although there is a passages.jsonl.")
]
Limit = Annotated[int | None, typer.Option(help="Ask only the first N questions.", min=1)]
Way = Annotated[
    Literal["staged", "joint", "iterative", "domain-first"] | None,
    typer.Option("--strategy", help="How to learn; without it, as training.strategy says."),
]
Precision = Annotated[
    float | None,
    typer.Option(
        help="Answer as much as keeps this share of the answers right, such as 0.9.",
        min=0,
        max=1,
    ),
]
Write = Annotated[bool, typer.Option("--write", help="Let it be in force from the next start.")]
Picture = Annotated[
    Path,
    typer.Option("--picture", help="Where to draw the curve.", metavar="FILE", dir_okay=False),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where Lorebot lives, as far as the user said so."""

    home: Path | None
    config: Path | None

    def or_else(self, other: Place) -> Place:
        return Place(self.home or other.home, self.config or other.config)
