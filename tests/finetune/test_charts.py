"""The pictures show what the data say: honest axes, nothing drawn across a gap, colours apart."""

from __future__ import annotations

import datetime as dt
import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from db.satisfaction import CycleCauses, Week, WentLive
from finetune.cases import Cause
from finetune.charts.causes import COLOURS, draw_causes
from finetune.charts.pictures import pictures
from finetune.charts.satisfaction import draw_satisfaction, label, labelled, wilson
from finetune.charts.scores import draw_scores
from finetune.report import Gain, ReleaseScores, Report, Score

MONDAY = dt.date(2026, 1, 5)
NOON = dt.datetime(2026, 1, 7, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
WEEKS = (
    Week(MONDAY, 12, 8),
    Week(MONDAY + 7 * DAY, 15, 5),
    Week(MONDAY + 28 * DAY, 19, 1),
)
CYCLES = (
    CycleCauses(1, NOON, {"not_retrieved": 12, "misread": 3}),
    CycleCauses(2, NOON + 7 * DAY, {"not_retrieved": 20, "no_document": 1}),
)
CANDIDATES = (
    ReleaseScores(2, 1, True, {"mrr@10": Score(0.5, 0.6, Gain(0.02, 0.18, 0.91))}),
    ReleaseScores(
        3,
        2,
        False,
        {
            "mrr@10": Score(0.6, 0.62, Gain(-0.05, 0.5, 0.9)),
            "f1": Score(0.41, 0.32, None),
        },
    ),
)
REPORT = Report(None, WEEKS, (WentLive(2, NOON),), CYCLES, CANDIDATES)

# How a colour is seen without red, without green and without blue cones, in linear RGB
# (Machado, 2009).
BLIND = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_every_part_with_something_in_it_has_a_picture() -> None:
    assert [picture.name for picture in pictures(REPORT)] == ["satisfaction", "causes", "scores"]
    assert [one.name for one in pictures(Report(None, (), (), CYCLES, ()))] == ["causes"]


def test_where_there_is_nothing_there_is_no_picture() -> None:
    assert pictures(Report(None, (), (WentLive(1, NOON),), (), ())) == []


def test_a_picture_is_a_png_and_the_same_each_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        first, again = pictures(REPORT), pictures(REPORT)
    assert first == again
    seen = imread(io.BytesIO(first[0].png), format="png")
    assert seen.shape == (860, 1400, 4)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_matplotlib_is_loaded_by_the_first_picture_and_not_before() -> None:
    looks = (
        "import sys; import bot.listeners, bot.cli_report; "
        "sys.exit('matplotlib.figure' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", looks]).returncode == 0


def test_shares_stand_on_an_axis_from_nothing_to_all() -> None:
    shares, votes = draw_satisfaction(WEEKS, ()).axes
    assert shares.get_ylim() == (0, 1)
    assert votes.get_ylim()[0] == 0
    dots = shares.lines[-1].get_ydata()
    assert list(dots) == [0.6, 0.75, 0.95]


def test_no_line_goes_over_weeks_in_which_nobody_voted() -> None:
    *lines, _dots = draw_satisfaction(WEEKS, ()).axes[0].lines
    assert [len(line.get_xdata()) for line in lines] == [2, 1]


def test_the_latest_share_and_all_counts_are_told_in_figures() -> None:
    assert {"95 %", "20"} <= set(texts(draw_satisfaction(WEEKS, ())))


def test_releases_are_marked_where_they_went_live() -> None:
    long_before = WentLive(1, NOON - 90 * DAY)
    figure = draw_satisfaction(WEEKS, (long_before, WentLive(2, NOON)))
    assert [text for text in texts(figure) if "release" in text] == ["release 2"]
    [mark] = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert mark.get_xdata()[0] == NOON.toordinal() + 0.5


@pytest.mark.parametrize(
    ("numbers", "shown"), [((2, 3), "releases 2, 3"), ((2, 3, 4), "releases 2 … 4")]
)
def test_releases_that_follow_closely_share_a_label(numbers: tuple[int, ...], shown: str) -> None:
    close = [WentLive(number, NOON + number * DAY / 4) for number in numbers]
    assert shown in texts(draw_satisfaction(WEEKS, close))


def test_an_interval_is_wilsons() -> None:
    # By hand: 8 of 10, and the ends stay within 0..1 however few the votes.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(1, 1) == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_the_year_is_told_where_it_is_a_new_one() -> None:
    weeks = [Week(dt.date(2025, 12, 22) + number * 7 * DAY, 1, 0) for number in range(3)]
    ticks = labelled(weeks)
    assert [label(ticks, n) for n in range(3)] == ["22 Dec\n2025", "29 Dec", "5 Jan\n2026"]


def test_however_many_weeks_there_are_their_days_have_room() -> None:
    weeks = [Week(MONDAY + number * 7 * DAY, 1, 0) for number in range(300)]
    assert len(labelled(weeks)) <= 8


def test_a_column_is_as_high_as_its_answers_are_many() -> None:
    axes = draw_causes(CYCLES).axes[0]
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert axes.get_ylim()[0] == 0
    assert max(tops) == 21
    assert {"15", "21", "12", "20"} <= set(texts(draw_causes(CYCLES)))


def test_the_key_names_what_there_is_and_nothing_else() -> None:
    shown = texts(draw_causes(CYCLES))
    assert {"not retrieved", "misread", "no document", "The search"} <= set(shown)
    assert "stale" not in shown
    assert "Saying no" not in shown


def test_every_cause_has_a_colour() -> None:
    assert COLOURS.keys() == set(get_args(Cause))


def linear(colour: str) -> npt.NDArray[np.float64]:
    rgb = np.asarray(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eyes: str) -> npt.NDArray[np.float64]:
    """In CIE L*a*b*, where distances are as large as they look."""
    to_xyz = np.asarray(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    rgb = np.clip(np.asarray(BLIND[eyes]) @ linear(colour), 0, 1)
    x, y, z = np.cbrt(to_xyz @ rgb / to_xyz.sum(axis=1))
    return np.asarray([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distances(eyes: str) -> Iterator[float]:
    for one, other in combinations(COLOURS.values(), 2):
        yield float(np.linalg.norm(seen(one, eyes) - seen(other, eyes)))


@pytest.mark.parametrize("eyes", sorted(BLIND))
def test_colour_blind_people_can_tell_the_causes_apart(eyes: str) -> None:
    assert min(distances(eyes)) > 14


def test_scores_stand_on_an_axis_from_nothing_to_one() -> None:
    assert {axes.get_ylim() for axes in draw_scores(CANDIDATES).axes} == {(0, 1)}


def test_the_latest_pair_is_told_in_figures_and_the_rest_is_not() -> None:
    shown = texts(draw_scores(CANDIDATES))
    assert {"0.62", "0.60", "0.41", "0.32"} <= set(shown)
    assert "0.50" not in shown


def test_an_interval_lies_around_what_was_gained_and_within_the_axis() -> None:
    panel = draw_scores(CANDIDATES).axes[0]
    ends = [tuple(lines.get_segments()[0][:, 1]) for lines in panel.collections]
    assert ends == [pytest.approx((0.52, 0.68)), pytest.approx((0.55, 1.0))]


def test_a_metric_of_which_nothing_is_known_says_so() -> None:
    assert texts(draw_scores(CANDIDATES)).count("not measured yet") == 1


def test_the_key_tells_the_lowest_confidence_that_is_drawn() -> None:
    assert "90 % interval of its gain" in texts(draw_scores(CANDIDATES))
    assert "91 % interval of its gain" in texts(draw_scores(CANDIDATES[:1]))


def test_the_key_has_no_sign_that_is_not_drawn() -> None:
    shown = texts(draw_scores(CANDIDATES[:1]))
    assert "went live" in shown
    assert "did not go live" not in shown
