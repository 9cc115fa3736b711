"""The three pictures of a report, as far as there is something to see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finetune.charts.causes import draw_causes
from finetune.charts.satisfaction import draw_satisfaction
from finetune.charts.scores import draw_scores
from finetune.charts.style import png
from finetune.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# matplotlib keeps fonts and texts for the whole process, and says that it is not for two at once.
TURN = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG under the name that its file has without the ending."""

    name: str
    title: str
    png: bytes


def pictures(report: Report) -> list[Picture]:
    """Nothing at all where nobody has voted and no cycle has diagnosed anything."""
    with TURN:
        return [Picture(name, title, png(figure)) for name, title, figure in figures(report)]


def figures(report: Report) -> Iterator[tuple[str, str, Figure]]:
    if report.weeks:
        figure = draw_satisfaction(report.weeks, report.releases)
        yield "satisfaction", "How people like the answers", figure
    if report.cycles:
        yield "causes", "Why answers were bad", draw_causes(report.cycles)
    if report.candidates:
        yield "scores", "What each release brought", draw_scores(report.candidates)
