"""Satisfaction over time: the share of votes that are thumbs-up by week, and how sure it is."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.satisfaction import Week, WentLive
from finetune.charts.style import (
    BLUE,
    GREY,
    INK,
    LEFT,
    PAPER,
    QUIET,
    RIGHT,
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

Z95 = 1.959964
"""Of the normal distribution, for a 95 % interval."""
MIDDLE = 3.5
"""A week's votes stand in the middle of it."""
MOST_TICKS, MOST_COUNTS = 8, 16
FEWEST_DAYS = 56
CLOSE = 0.13
"""Releases closer than this share of the picture have one label in common."""


def draw_satisfaction(weeks: Sequence[Week], releases: Sequence[WentLive]) -> Figure:
    """`weeks`: at least one, in order."""
    figure = page(
        "How people like the answers",
        "Share of votes that are thumbs-up, by week; the upright lines are 95 % intervals",
    )
    width = RIGHT - LEFT - 0.07
    shares = figure.add_axes((LEFT, 0.27, width, 0.47))
    counts = figure.add_axes((LEFT, 0.105, width, 0.10))
    for axes in (shares, counts):
        bare(axes)
        axes.set_xlim(*span(weeks))
    draw_shares(shares, weeks)
    mark_releases(shares, releases)
    draw_counts(counts, weeks)
    return figure


def span(weeks: Sequence[Week]) -> tuple[float, float]:
    """From the first Monday to the last Sunday, in days; a few weeks do not fill the picture."""
    first, last = weeks[0].begins.toordinal(), weeks[-1].begins.toordinal() + 7
    return first, max(last, first + FEWEST_DAYS)


def draw_shares(axes: Axes, weeks: Sequence[Week]) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25", "50", "75", "100"])
    axes.tick_params(labelbottom=False)
    places, shares = [place(week) for week in weeks], [week.up / week.votes for week in weeks]
    for at, week in zip(places, weeks, strict=True):
        axes.vlines(at, *wilson(week.up, week.votes), color=BLUE, alpha=0.3, linewidth=3)
    # A week without votes says nothing, so no line is drawn across it.
    for run in runs(weeks):
        axes.plot(places[run], shares[run], color=BLUE, linewidth=2.2, solid_capstyle="round")
    size = 6.5 if len(weeks) <= MOST_COUNTS else 4.5
    axes.plot(
        places, shares, "o", color=BLUE, markersize=size, markeredgecolor=PAPER, clip_on=False
    )
    axes.annotate(
        f"{shares[-1]:.0%}".replace("%", " %"),
        (places[-1], shares[-1]),
        xytext=(9, 0),
        textcoords="offset points",
        fontsize=TEXT + 2,
        fontweight="bold",
        color=BLUE,
        va="center",
        annotation_clip=False,
    )


def place(week: Week) -> float:
    return week.begins.toordinal() + MIDDLE


def wilson(up: int, votes: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927): within 0..1, however few the votes."""
    share, spread = up / votes, Z95**2 / votes
    middle = share + spread / 2
    half = Z95 * math.sqrt(share * (1 - share) / votes + spread / (4 * votes))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def runs(weeks: Sequence[Week]) -> list[slice]:
    """Where weeks follow one another without a gap."""
    starts = [
        number
        for number, week in enumerate(weeks)
        if number == 0 or (week.begins - weeks[number - 1].begins).days > 7
    ]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(weeks)], strict=True)]


def mark_releases(axes: Axes, releases: Sequence[WentLive]) -> None:
    """A fine line where a release went live, with its number on top."""
    first, last = axes.get_xlim()
    seen = [(moment(one.at), one.release_id) for one in releases]
    seen = [(at, number) for at, number in seen if first <= at <= last]
    for at, _ in seen:
        axes.axvline(at, color=GREY, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    for group in close_ones(seen, CLOSE * (last - first)):
        at = group[0][0]
        right = (last - at) / (last - first) < CLOSE
        axes.annotate(
            named([number for _, number in group]),
            (group[-1][0] if right else at, 1),
            xytext=(2 if right else -2, 6),
            textcoords="offset points",
            fontsize=SMALL,
            color=QUIET,
            ha="right" if right else "left",
        )


def moment(time: dt.datetime) -> float:
    utc = time.astimezone(dt.UTC)
    return utc.toordinal() + (utc.hour + utc.minute / 60) / 24


def close_ones(marks: Sequence[tuple[float, int]], apart: float) -> list[list[tuple[float, int]]]:
    """The marks in groups, each further than `apart` from the one before it."""
    groups: list[list[tuple[float, int]]] = []
    for mark in marks:
        if groups and mark[0] - groups[-1][0][0] < apart:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def named(numbers: Sequence[int]) -> str:
    if len(numbers) > 2:
        return f"releases {numbers[0]} … {numbers[-1]}"
    return f"release{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def draw_counts(axes: Axes, weeks: Sequence[Week]) -> None:
    """How many votes each share stands on."""
    ground(axes)
    axes.grid(False)
    axes.set_ylim(0, max(week.votes for week in weeks) * 1.05)
    axes.set_yticks([])
    axes.bar([place(week) for week in weeks], [week.votes for week in weeks], 5, color="#c3ccd5")
    axes.set_ylabel("votes", fontsize=SMALL, color=QUIET, labelpad=8)
    shown = weeks if len(weeks) <= MOST_COUNTS else [max(weeks, key=lambda week: week.votes)]
    for week in shown:
        axes.annotate(
            f"{week.votes:,}",
            (place(week), week.votes),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=SMALL - 1,
            color=INK,
            ha="center",
        )
    ticks = labelled(weeks)
    axes.set_xticks([at + MIDDLE for at in ticks], [label(ticks, n) for n in range(len(ticks))])


def labelled(weeks: Sequence[Week]) -> list[int]:
    """Evenly spaced Mondays, as many as there is room for."""
    first, last = weeks[0].begins.toordinal(), weeks[-1].begins.toordinal()
    step = 7 * max(1, math.ceil(((last - first) / 7 + 1) / MOST_TICKS))
    return list(range(first, last + 1, step))


def label(ticks: Sequence[int], number: int) -> str:
    """The day, with the year where it is a new one."""
    date = dt.date.fromordinal(ticks[number])
    before = dt.date.fromordinal(ticks[number - 1]).year if number else None
    return day(date) if date.year == before else f"{day(date)}\n{date.year}"
