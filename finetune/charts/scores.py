"""Scores by release: what was live and what was judged against it, on the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from finetune.charts.style import (
    BLUE,
    GREY,
    INK,
    LEFT,
    PAPER,
    QUIET,
    SMALL,
    TEXT,
    bare,
    ground,
    page,
)
from finetune.report import ReleaseScores, Score, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS: dict[Shown, str] = {
    "mrr@10": "Right passage first\n(MRR@10)",
    "f1": "Right words\n(token F1)",
    "right_abstention": "Answers or refuses\nas it should",
}
CHAMPION: dict[str, Any] = {"color": GREY, "linewidth": 2.4, "solid_capstyle": "butt"}
LIVE: dict[str, Any] = {
    "color": BLUE,
    "linestyle": "none",
    "marker": "o",
    "markersize": 7.5,
    "markeredgecolor": PAPER,
}
NOT_LIVE: dict[str, Any] = {
    **LIVE,
    "markerfacecolor": PAPER,
    "markeredgecolor": BLUE,
    "markeredgewidth": 1.8,
    "markersize": 6.5,
}
INTERVAL: dict[str, Any] = {
    "color": BLUE,
    "alpha": 0.3,
    "linestyle": "none",
    "marker": "|",
    "markersize": 11,
    "markeredgewidth": 4,
}
WIDTH, GAP = 0.265, 0.045
FEWEST_PLACES, MOST_LARGE = 4, 6
ROOM, HALF = 0.35, 0.34
APART = 0.06
"""Two figures closer than this would touch."""


def draw_scores(candidates: Sequence[ReleaseScores]) -> Figure:
    """`candidates`: at least one, in order."""
    figure = page(
        "What each release brought",
        "Scores from 0 to 1 on held-out questions; every release has its own set of them",
    )
    draw_key(figure, candidates)
    for number, (metric, title) in enumerate(PANELS.items()):
        axes = figure.add_axes((LEFT + number * (WIDTH + GAP), 0.145, WIDTH, 0.475))
        bare(axes)
        ground(axes)
        axes.set_title(title, fontsize=TEXT, color=INK, loc="left", pad=8)
        axes.set_ylim(0, 1)
        labels = ["0", "", "0.5", "", "1"] if number == 0 else [""] * 5
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], labels)
        axes.set_xlim(-0.6, max(len(candidates), FEWEST_PLACES) + ROOM)
        axes.set_xticks(range(len(candidates)), [str(one.release_id) for one in candidates])
        axes.tick_params(axis="x", labelsize=TEXT if len(candidates) <= MOST_LARGE else SMALL - 1)
        axes.set_xlabel("release", fontsize=SMALL, color=QUIET, loc="left")
        draw_panel(axes, candidates, metric)
    return figure


def draw_panel(axes: Axes, candidates: Sequence[ReleaseScores], metric: Shown) -> None:
    scored = [
        (n, one, one.scores[metric]) for n, one in enumerate(candidates) if metric in one.scores
    ]
    for number, one, score in scored:
        draw_pair(axes, number, score, one.went_live)
    if scored:
        number, _, score = scored[-1]
        label_pair(axes, number, score)
    else:
        axes.text(0.5, 0.5, "not measured yet", transform=axes.transAxes, ha="center", color=QUIET)


def draw_pair(axes: Axes, number: int, score: Score, went_live: bool) -> None:
    """The candidate beside the champion, with the interval of what it gained on it."""
    if score.gain is not None:
        ends = (score.champion + score.gain.low, score.champion + score.gain.high)
        low, high = (min(max(end, 0.0), 1.0) for end in ends)
        axes.vlines(number, low, high, color=BLUE, alpha=0.3, linewidth=4, zorder=2)
    axes.plot([number - HALF, number + HALF], [score.champion] * 2, **CHAMPION)
    axes.plot(number, score.candidate, **(LIVE if went_live else NOT_LIVE))


def label_pair(axes: Axes, number: int, score: Score) -> None:
    """The latest figures beside their marks, moved apart where they would touch."""
    middle, half = (score.champion + score.candidate) / 2, APART / 2
    apart = abs(score.candidate - score.champion) >= APART
    above = score.candidate >= score.champion
    candidate = score.candidate if apart else middle + (half if above else -half)
    champion = score.champion if apart else middle - (half if above else -half)
    place: dict[str, Any] = {"fontsize": SMALL, "va": "center"}
    axes.text(
        number + 0.45, candidate, f"{score.candidate:.2f}", color=BLUE, fontweight="bold", **place
    )
    axes.text(number + 0.45, champion, f"{score.champion:.2f}", color=QUIET, **place)


def draw_key(figure: Figure, candidates: Sequence[ReleaseScores]) -> None:
    """Only of the signs that are there."""
    from matplotlib.lines import Line2D

    signs = [("the release before", CHAMPION)]
    if any(one.went_live for one in candidates):
        signs.append(("went live", LIVE))
    if not all(one.went_live for one in candidates):
        signs.append(("did not go live", NOT_LIVE))
    sure = surest(candidates)
    if sure is not None:
        signs.append((f"{sure:.0%} interval of its gain".replace("%", " %"), INTERVAL))
    figure.legend(
        handles=[Line2D([], [], label=label, **style) for label, style in signs],
        loc="center left",
        bbox_to_anchor=(LEFT - 0.012, 0.795),
        ncols=len(signs),
        frameon=False,
        fontsize=SMALL,
        labelcolor=QUIET,
        handlelength=1.2,
        handletextpad=0.5,
        columnspacing=1.6,
    )


def surest(candidates: Sequence[ReleaseScores]) -> float | None:
    """What every interval that is drawn holds at least."""
    gains = [score.gain for one in candidates for score in one.scores.values()]
    return min((gain.confidence for gain in gains if gain is not None), default=None)
