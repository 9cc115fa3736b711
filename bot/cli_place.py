"""Where a command finds its Lorebot, and the settings that lie there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli_errors import plain_errors
from bot.cli_options import Place

if TYPE_CHECKING:
    from bot.config import Settings

HOME = Path("lorebot-data")
DEMO_HOME = HOME / "demo"
"""Apart from a real home: the demo's people and votes never mix with those of a team."""


@contextmanager
def settings_for(
    context: typer.Context, home: Path | None, config: Path | None
) -> Iterator[Settings]:
    """The settings of a command, whose errors become one sentence and an exit code."""
    place = chosen(context, home, config)
    with plain_errors(place.home or HOME):
        from bot.config import load_settings

        yield load_settings(place.home or HOME, place.config)


def chosen(context: typer.Context, home: Path | None, config: Path | None) -> Place:
    """An option after the command goes before the same one in front of it."""
    before: Place = context.obj
    return Place(home, config).or_else(before)
