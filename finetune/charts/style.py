"""How the pictures look: calm, flat, readable small, and told apart by colour-blind people."""

from __future__ import annotations

import datetime as dt
import io
import logging
from typing import TYPE_CHECKING

# Half of matplotlib is loaded with its first picture, and by nothing else.
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 7.0, 4.3, 200
"""In inches: shown half as wide, as Slack does in a message, their text can still be read."""
LEFT, RIGHT = 0.08, 0.975
INK, QUIET, GRID, PAPER = "#1f2933", "#66727f", "#e3e7eb", "#ffffff"
BLUE, GREY = "#1f6fb5", "#8b96a1"
TITLE, TEXT, SMALL = 14.5, 10.5, 9.5


def page(title: str, subtitle: str, *more: str) -> Figure:
    """An empty picture with its words on top."""
    # Only where there is no writable cache it would say more than it has to.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER)
    figure.text(LEFT, 0.935, title, fontsize=TITLE, fontweight="bold", color=INK, va="center")
    for number, line in enumerate((subtitle, *more)):
        y = 0.868 - 0.05 * number
        figure.text(LEFT, y, line, fontsize=TEXT, color=QUIET, va="center")
    return figure


def bare(axes: Axes) -> None:
    """No frame and no ticks: lines across, where they help to read a value, are enough."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=TEXT, labelcolor=QUIET, pad=5)
    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID, linewidth=0.9)


def ground(axes: Axes) -> None:
    """The line that the values stand on."""
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(GREY)
    axes.spines["bottom"].set_linewidth(0.9)


def day(time: dt.date) -> str:
    return f"{time.day} {time:%b}"


def png(figure: Figure) -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()
