"""Where training is the wrong tool people read why, and what is cheaper."""

from __future__ import annotations

import pytest

from finetune.cases import Case
from finetune.dataset.refuse import reason_not_to_train
from finetune.examples import Pair, Provenance, TrainingData
from finetune.settings import TrainingSettings
from tests.finetune.dataset.making import THINGS, Making, about

ON = TrainingSettings(enabled=True)


def taught(count: int) -> TrainingData:
    questions = [about(thing) for thing in THINGS[:count]]
    return TrainingData(
        pairs=tuple(Pair(q, (1,), (), Provenance("verified", None, (), q)) for q in questions)
    )


@pytest.fixture(scope="module")
def corrected(making: Making) -> list[Case]:
    return [making.corrected(about(thing), i, f"U0P{i}") for i, thing in enumerate(THINGS[:30])]


def test_enough_good_examples_train(corrected: list[Case]) -> None:
    assert reason_not_to_train(corrected, taught(20), ON, 5) is None


def test_it_is_off_until_an_admin_turns_it_on(corrected: list[Case]) -> None:
    reason = reason_not_to_train(corrected, taught(20), TrainingSettings(), 5)
    assert reason is not None
    assert "training.enabled = true" in reason


@pytest.mark.parametrize(
    ("cause", "cheaper"),
    [
        ("no_document", "write the missing pages"),
        ("stale", "bring the pages up to date and reindex"),
        ("not_allowed", "open it to them"),
    ],
)
def test_what_is_mostly_no_models_fault_has_a_cheaper_remedy(
    making: Making, corrected: list[Case], cause: str, cheaper: str
) -> None:
    others = [
        making.case(about(thing), cause, number=i, asker=f"U0Q{i}")  # type: ignore[arg-type]
        for i, thing in enumerate(THINGS[:31])
    ]
    reason = reason_not_to_train([*corrected, *others], taught(20), ON, 5)
    assert reason is not None
    assert reason.startswith("Of 61 bad answers 31 were bad because")
    assert cheaper in reason


def test_one_person_who_complains_often_does_not_keep_the_others_from_learning(
    making: Making, corrected: list[Case]
) -> None:
    complaints = [
        making.case(about(thing), "no_document", number=i) for i, thing in enumerate(THINGS)
    ]
    assert reason_not_to_train([*corrected, *complaints], taught(20), ON, 5) is None


def test_too_few_are_told_how_many(corrected: list[Case]) -> None:
    reason = reason_not_to_train(corrected, taught(19), ON, 5)
    assert reason is not None
    assert reason.startswith(
        "There are 19 questions to learn from, and training.min_examples is 20"
    )


def test_no_feedback_is_too_few() -> None:
    reason = reason_not_to_train([], TrainingData(), ON, 5)
    assert reason is not None
    assert reason.startswith("There is no question to learn from")


def test_where_everybody_is_content_nothing_is_to_be_learnt(making: Making) -> None:
    cases = [making.liked(about(thing), i, "U0ANN") for i, thing in enumerate(THINGS[:30])]
    reason = reason_not_to_train(cases, taught(20), ON, 5)
    assert reason is not None
    assert "nothing to correct" in reason


def test_votes_down_without_a_word_ask_for_corrections(making: Making) -> None:
    cases = [making.disliked(about(thing), i, "U0ANN") for i, thing in enumerate(THINGS[:30])]
    reason = reason_not_to_train(cases, TrainingData(), ON, 5)
    assert reason is not None
    assert "ask people to correct" in reason


def test_the_same_few_questions_need_no_training(making: Making) -> None:
    cases = [making.corrected(about(THINGS[i % 3]), i) for i in range(30)]
    reason = reason_not_to_train(cases, taught(3), ON, 5)
    assert reason is not None
    assert "only 3 different questions" in reason


def test_without_a_holdout_nobody_can_judge(corrected: list[Case]) -> None:
    reason = reason_not_to_train(corrected, taught(20), ON, 0)
    assert reason is not None
    assert "held out" in reason


def test_data_from_documents_needs_no_feedback() -> None:
    assert reason_not_to_train([], taught(20), ON, 5) is None
