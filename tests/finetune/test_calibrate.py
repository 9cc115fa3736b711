"""A calibration is fitted on one half of the questions and told of the other."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from finetune.calibrate import (
    Counted,
    Figures,
    Point,
    Sample,
    calibrate,
    choose_threshold,
    curve,
    figures,
    report_on,
)
from finetune.curve import Line, picture
from finetune.datasets import DatasetUnusable
from finetune.logistic import fit_weights
from finetune.split import half_of
from knowledge.confidence import DEFAULT, Calibration, Evidence
from knowledge.settings import KnowledgeSettings

COUNTED = Counted(
    sure=np.array([0.9, 0.8, 0.6, 0.4, 0.2]),
    answerable=np.array([True, True, False, True, False]),
    right=np.array([True, False, False, True, False]),
)


def evidence(chance: random.Random, answerable: bool, known: float = 1.0) -> Evidence:
    """Only the fit tells: similarity and cover are by chance."""
    fit = chance.gauss(0.7 if answerable else 0.4, 0.1)
    return Evidence(chance.random(), chance.random(), min(1.0, max(0.0, fit)), known)


def samples(count: int) -> list[Sample]:
    chance = random.Random(7)
    return [
        Sample(evidence(chance, answerable), answerable, answerable, half)
        for number in range(count)
        for answerable, half in [(number % 3 != 0, ("fit", "held out")[number // 3 % 2])]
    ]


def test_what_tells_weighs_and_what_is_chance_does_not() -> None:
    fit = [sample for sample in samples(400) if sample.half == "fit"]

    weights = fit_weights([s.evidence for s in fit], [s.answerable for s in fit], DEFAULT.weights)

    assert weights.fit > 5 * abs(weights.similarity)
    assert weights.fit > 5 * abs(weights.cover)


def test_fitting_is_the_same_every_time() -> None:
    assert report_on(samples(200), DEFAULT, None) == report_on(samples(200), DEFAULT, None)


def test_of_a_script_that_is_not_asked_in_nothing_is_learnt() -> None:
    fit = samples(100)

    weights = fit_weights([s.evidence for s in fit], [s.answerable for s in fit], DEFAULT.weights)

    assert weights.words_bias == DEFAULT.weights.words_bias
    assert weights.words_cover == DEFAULT.weights.words_cover
    assert weights.bias != DEFAULT.weights.bias


def test_evidence_that_speaks_against_an_answer_by_chance_has_no_weight() -> None:
    fit = [replace(s, answerable=not s.answerable) for s in samples(200)]

    weights = fit_weights([s.evidence for s in fit], [s.answerable for s in fit], DEFAULT.weights)

    assert weights.fit == 0


def test_the_weights_are_the_likeliest() -> None:
    fit = samples(60)
    found = [s.evidence for s in fit]
    labels = [s.answerable for s in fit]

    first = fit_weights(found, labels, DEFAULT.weights)
    doubled = fit_weights(found * 50, labels * 50, DEFAULT.weights)
    logits = [Calibration(doubled, 0).confidence(one) for one in found]
    answerable = sum(sure for sure, label in zip(logits, labels, strict=True) if label)
    rest = sum(sure for sure, label in zip(logits, labels, strict=True) if not label)

    # At the maximum, where the ridge hardly counts, surplus and shortfall cancel out by class.
    missing = 1 - answerable / labels.count(True)
    assert missing == pytest.approx(rest / labels.count(False), abs=0.01)
    assert first != doubled


def test_the_held_out_half_decides_nothing() -> None:
    all_of_it = samples(200)
    mislabelled = [
        replace(s, answerable=not s.answerable) if s.half == "held out" else s for s in all_of_it
    ]

    assert (
        report_on(all_of_it, DEFAULT, None).fitted == report_on(mislabelled, DEFAULT, None).fitted
    )


def test_a_fitted_calibration_is_better_than_one_for_other_questions() -> None:
    current = Calibration(DEFAULT.weights, threshold=0.99)

    report = report_on(samples(400), current, None)

    assert report.before.balanced_accuracy < 0.7 < 0.85 < report.after.balanced_accuracy
    assert (report.asked, report.held_out) == (400, 199)


def test_figures_count_answers_and_refusals() -> None:
    assert figures(COUNTED, 0.5) == Figures(
        threshold=0.5,
        balanced_accuracy=pytest.approx((2 / 3 + 1 / 2) / 2),
        answered=pytest.approx(2 / 3),
        refused=0.5,
        precision=pytest.approx(1 / 3),
        coverage=0.6,
    )


def test_where_no_answer_is_given_there_is_no_precision() -> None:
    assert figures(COUNTED, 0.95).precision is None


def test_the_threshold_is_between_two_questions() -> None:
    assert choose_threshold(COUNTED, None) == 0.7
    assert choose_threshold(replace(COUNTED, answerable=COUNTED.sure > 0.3), None) == 0.3


def test_a_precision_is_reached_with_the_lowest_threshold_that_does() -> None:
    assert choose_threshold(COUNTED, 0.5) == 0.3
    assert choose_threshold(COUNTED, 0.4) == 0.0
    assert choose_threshold(COUNTED, 0.9) == 0.85


def test_a_precision_that_nothing_reaches_is_refused() -> None:
    with pytest.raises(DatasetUnusable, match=r"at most 0\.67"):
        choose_threshold(replace(COUNTED, right=np.array([False, True, True, False, False])), 0.9)


def test_the_curve_goes_from_the_surest_answer_to_all_of_them() -> None:
    assert curve(COUNTED)[0] == Point(0.2, 1.0)
    assert curve(COUNTED)[-1] == Point(1.0, 0.4)
    assert len(curve(COUNTED)) == 5


def test_the_picture_is_well_formed_whatever_the_data_set_is_called() -> None:
    line = Line("in force", curve(COUNTED), figures(COUNTED, 0.5))
    mute = Line("fitted", curve(COUNTED), figures(COUNTED, 0.95))

    root = ElementTree.fromstring(picture('<&"> questions', line, mute))

    assert root.findtext("{*}title") == '<&"> questions'
    assert len(root.findall("{*}polyline")) == 2
    assert len(root.findall("{*}circle")) == 1
    assert "prefers-color-scheme: dark" in (root.findtext("{*}style") or "")


ROOMS = [f"{name}{number}" for name in ("maple", "cedar", "birch") for number in range(20)]


def write(root: Path, *, questions: int, unanswerable: int) -> Path:
    passages = [
        {"id": f"p{n}", "title": "Rooms", "text": f"The {room} room has {n} chairs."}
        for n, room in enumerate(ROOMS)
    ]
    asked: list[dict[str, object]] = [
        {
            "question": f"How many chairs has the {room} room?",
            "answers": [f"{n} chairs"],
            "passage_ids": [f"p{n}"],
        }
        for n, room in enumerate(ROOMS[: questions - unanswerable])
    ]
    asked += [
        {"question": f"Who won the chess cup of {1900 + n} in Paris?", "answerable": False}
        for n in range(unanswerable)
    ]
    (root / "passages.jsonl").write_text("\n".join(map(json.dumps, passages)))
    (root / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)))
    return root


def test_a_data_set_is_asked_and_calibrated_on(tmp_path: Path) -> None:
    heard: list[str] = []
    root = write(tmp_path, questions=60, unanswerable=30)

    report = calibrate(root, KnowledgeSettings(), progress=lambda stage, *_: heard.append(stage))

    assert report.asked == 60
    assert report.after.balanced_accuracy > 0.95
    assert report.after.precision == pytest.approx(1, abs=0.1)
    assert len(report.curve_after) == report.held_out
    assert set(heard) == {"embedding", "asking"}


@pytest.mark.parametrize(
    ("questions", "unanswerable", "words"),
    [
        (39, 15, "39 questions, too few"),
        (60, 0, "0 have no answer"),
        (60, 60, "0 have an answer"),
        (50, 2, "2 have no answer"),
    ],
)
def test_questions_that_cannot_tell_are_refused(
    tmp_path: Path, questions: int, unanswerable: int, words: str
) -> None:
    root = write(tmp_path, questions=questions, unanswerable=unanswerable)

    with pytest.raises(DatasetUnusable, match=words):
        calibrate(root, KnowledgeSettings())


def test_halves_are_about_even_and_do_not_depend_on_spelling() -> None:
    halves = [half_of(f"Question {number}?") for number in range(1000)]

    assert 450 < halves.count("fit") < 550
    assert half_of("What is  it?") == half_of("what is it")
