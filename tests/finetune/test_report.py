"""A verdict's figures become scores, with the interval of the gain where there is one."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from db.satisfaction import CycleCauses, JudgedCandidate, Week, WentLive
from finetune.bootstrap import Interval
from finetune.difference import Chance, Difference
from finetune.gate import PRIMARY, decide
from finetune.guards import Targeted
from finetune.report import Gain, Report, Score, release_scores, score_of
from tests.simulated_judgements import World, simulate

TIME = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
DIFFERENCE: dict[str, Any] = Difference(
    metric="mrr@10",
    champion=0.5,
    candidate=0.6,
    interval=Interval(mean=0.1, low=0.02, high=0.18, questions=40, clusters=38),
    alpha=0.045,
    by_chance=0.01,
).as_json()
MEANS = {
    "mrr@10": {"champion": 0.51, "candidate": 0.59},
    "f1": {"champion": 0.4, "candidate": 0.3},
    "right_abstention": None,
}
FIGURES: dict[str, Any] = {
    "overall": DIFFERENCE,
    "guards": {"other": {"metric": "f1", "state": "unmeasured"}},
    "means": MEANS,
}


def test_the_metric_that_was_decided_by_has_the_interval_of_its_gain() -> None:
    assert score_of(FIGURES, "mrr@10") == Score(0.5, 0.6, Gain(0.02, 0.18, 0.91))


def test_the_other_half_has_the_interval_of_its_guard() -> None:
    other = {**FIGURES, "guards": {"other": {**DIFFERENCE, "metric": "f1", "state": "held"}}}
    assert score_of(other, "f1") == Score(0.5, 0.6, Gain(0.02, 0.18, 0.91))


def test_without_an_interval_the_means_are_told() -> None:
    assert score_of(FIGURES, "f1") == Score(0.4, 0.3, None)


@pytest.mark.parametrize("figures", [FIGURES, {}, {"overall": None, "guards": {}, "means": {}}])
def test_of_what_no_question_told_there_is_no_score(figures: dict[str, Any]) -> None:
    assert score_of(figures, "right_abstention") is None


@pytest.mark.parametrize("targeted", ["retriever", "generator"])
def test_a_verdict_of_the_gate_tells_both_halves_with_their_intervals(targeted: Targeted) -> None:
    judgement = simulate(World(questions=40, gain=0.1), seed=1, primary=PRIMARY[targeted])
    figures = decide(judgement, targeted=targeted, chance=Chance(resamples=200)).figures
    found = release_scores(JudgedCandidate(3, TIME, 7, True, json.loads(json.dumps(figures))))
    assert {name for name, score in found.scores.items() if score.gain} == {"mrr@10", "f1"}
    assert found.scores.keys() == {"mrr@10", "f1", "right_abstention"}


def test_a_release_has_the_scores_that_are_known() -> None:
    found = release_scores(JudgedCandidate(3, TIME, 7, True, FIGURES))
    assert (found.release_id, found.cycle_id, found.went_live) == (7, 3, True)
    assert found.scores.keys() == {"mrr@10", "f1"}


def test_a_report_goes_into_json() -> None:
    scored = release_scores(JudgedCandidate(3, TIME, 7, True, FIGURES))
    report = Report(
        since=TIME,
        weeks=(Week(TIME.date(), 3, 1),),
        releases=(WentLive(7, TIME),),
        cycles=(CycleCauses(3, TIME, {"misread": 2}),),
        candidates=(scored,),
    )
    values = json.loads(json.dumps(report.as_json()))
    assert values["since"] == "2026-01-31T12:00:00+00:00"
    assert values["weeks"] == [{"begins": "2026-01-31", "up": 3, "down": 1}]
    assert values["candidates"][0]["scores"]["f1"]["candidate"] == 0.3


def test_releases_alone_are_nothing_to_report() -> None:
    assert Report(None, (), (WentLive(1, TIME),), (), ()).empty
