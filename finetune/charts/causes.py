"""Why answers were bad, cycle by cycle: one column each, stacked by what would help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.satisfaction import CycleCauses
from finetune.cases import Cause
from finetune.charts.style import (
    INK,
    LEFT,
    PAPER,
    QUIET,
    SMALL,
    TEXT,
    bare,
    day,
    ground,
    page,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAMILIES: dict[str, dict[Cause, str]] = {
    "The documents": {"no_document": "#7d4800", "stale": "#d99a2b", "not_allowed": "#f2d49b"},
    "The search": {"not_retrieved": "#2364a8", "ranked_low": "#9ccbf0"},
    "The writing": {"misread": "#b9609a"},
    "Saying no": {"wrongly_refused": "#0a5546", "should_have_refused": "#5fae92"},
    "Not known": {"unclear": "#d3d7dc"},
}
"""Causes from the ground up, by what has to change; a family's shades differ in lightness."""
COLOURS = {str(cause): colour for family in FAMILIES.values() for cause, colour in family.items()}
DARK = {"no_document", "not_retrieved", "misread", "wrongly_refused"}
"""Where white figures are read best."""

FEWEST_PLACES, MOST_NAMED = 5, 6
LEAST_SHARE = 0.055
"""Of the axis: what a part must be as high as to hold its figure."""
HEADROOM = 1.12
KEY_HEIGHT = 16.5
"""In lines: all causes, their families, and a little room between them."""


def draw_causes(cycles: Sequence[CycleCauses]) -> Figure:
    """`cycles`: at least one, in order."""
    from matplotlib.ticker import MaxNLocator

    figure = page(
        "Why answers were bad",
        "Answers by cause; each cycle looks at everything that has been rated so far",
    )
    axes = figure.add_axes((LEFT, 0.135, 0.595, 0.65))
    bare(axes)
    ground(axes)
    totals = [sum(cycle.counts.values()) for cycle in cycles]
    axes.set_ylim(0, max(totals) * HEADROOM)
    axes.set_xlim(-0.6, max(len(cycles), FEWEST_PLACES) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    for number, cycle in enumerate(cycles):
        draw_column(axes, number, cycle)
    axes.set_xticks(range(len(cycles)), tick_labels(cycles))
    axes.tick_params(axis="x", labelsize=SMALL - 1)
    draw_key(figure, cycles)
    return figure


def draw_column(axes: Axes, number: int, cycle: CycleCauses) -> None:
    bottom, least = 0, LEAST_SHARE * axes.get_ylim()[1]
    for cause, colour in COLOURS.items():
        count = cycle.counts.get(cause, 0)
        axes.bar(number, count, 0.66, bottom, color=colour, edgecolor=PAPER, linewidth=0.9)
        if count >= least:
            ink = PAPER if cause in DARK else INK
            middle = bottom + count / 2
            axes.text(
                number, middle, f"{count:,}", color=ink, fontsize=SMALL, ha="center", va="center"
            )
        bottom += count
    axes.annotate(
        f"{bottom:,}",
        (number, bottom),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=TEXT,
        fontweight="bold",
        color=INK,
        ha="center",
    )


def tick_labels(cycles: Sequence[CycleCauses]) -> list[str]:
    word = "cycle " if len(cycles) <= MOST_NAMED else ""
    return [f"{word}{cycle.cycle_id}\n{day(cycle.begun_at.date())}" for cycle in cycles]


def draw_key(figure: Figure, cycles: Sequence[CycleCauses]) -> None:
    """On the right, in the order of the columns, each family under what it is about."""
    axes = figure.add_axes((0.715, 0.135, 0.27, 0.65))
    axes.axis("off")
    axes.set_xlim(0, 1)
    lines = key_lines({cause for cycle in cycles for cause in cycle.counts})
    axes.set_ylim(0, KEY_HEIGHT)
    y = KEY_HEIGHT - 0.5
    for number, (text, colour) in enumerate(lines):
        if colour is None:
            y -= 0.5 if number else 0
            axes.text(0, y, text, fontsize=SMALL, fontweight="bold", color=INK, va="center")
        else:
            axes.plot(0.045, y, "s", color=colour, markersize=8.5)
            axes.text(0.12, y, text, fontsize=SMALL, color=QUIET, va="center")
        y -= 1


def key_lines(there: set[str]) -> list[tuple[str, str | None]]:
    """From the top down; a line without a colour is a family's name."""
    lines: list[tuple[str, str | None]] = []
    for family, causes in reversed(FAMILIES.items()):
        shown = [(words(cause), causes[cause]) for cause in reversed(causes) if cause in there]
        lines += [(family, None), *shown] if shown else []
    return lines


def words(cause: str) -> str:
    return cause.replace("_", " ")
