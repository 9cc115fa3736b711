"""The options of the command line, and where Lorebot lives according to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

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
Port = Annotated[
    int | None, typer.Option(help="Port of the workspace (default: 8765).", min=0, max=65535)
]
Once = Annotated[bool, typer.Option("--once", help="Play a short conversation and end.")]
Online = Annotated[bool, typer.Option("--online", help="Also ask Slack whether the tokens work.")]
Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="What you want to know.", show_default=False)
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where Lorebot lives, as far as the user said so."""

    home: Path | None
    config: Path | None

    def or_else(self, other: Place) -> Place:
        return Place(self.home or other.home, self.config or other.config)
