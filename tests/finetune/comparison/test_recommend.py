"""The cheapest arm that is not significantly worse than the best, under the circumstances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from finetune.comparison.arms import ARMS, TUNED
from finetune.comparison.differences import differences
from finetune.comparison.forgetting import Forgetting
from finetune.comparison.freshness import Freshness
from finetune.comparison.recommend import (
    Changes,
    Circumstances,
    Measured,
    Recommendation,
    recommend,
)
from finetune.comparison.scores import as_json
from finetune.comparison.taught import Taught

from .rows import rows

MANY = 40
GIVEN = Circumstances(
    changes="never",
    latency_ms=1000.0,
    parameters=500_000_000,
    examples={"fine_tuned": 200, "rag_fine_tuned": 200},
    least_examples=20,
    found=0.9,
    training_seconds={"fine_tuned": 60.0, "rag_fine_tuned": 3600.0},
)
FRESH = Freshness(
    10,
    {"base": 0.0, "rag": 0.6, "fine_tuned": 0.1, "rag_fine_tuned": 0.7},
    dict.fromkeys(ARMS, 0.0),
)
TAUGHT = Taught(24, dict.fromkeys(ARMS, 0.4), dict.fromkeys(ARMS, 0.4))


def measured(*f1: float, rise: float = 0.0) -> Measured:
    given = rows(*([one] * MANY for one in f1))
    arms = {arm: as_json(found) for arm, found in given.items()}
    return Measured(
        arms,
        differences(given),
        TAUGHT,
        FRESH,
        dict.fromkeys(TUNED, Forgetting(1.0, 1.0 + rise, None, None, None)),
    )


def slow(given: Measured, arms: Sequence[str]) -> Measured:
    latency = {"latency_ms": {"median": 2000.0, "p95": 3000.0}}
    changed = {
        arm: {**told, **(latency if arm in arms else {})} for arm, told in given.arms.items()
    }
    return replace(given, arms=changed)


def said(found: Recommendation) -> str:
    return " ".join(found.reasons)


def test_the_best_is_taken_where_all_others_are_significantly_worse() -> None:
    found = recommend(measured(0.1, 0.4, 0.3, 0.6), GIVEN)
    assert found.arm == "rag_fine_tuned"
    assert "RAG is cheaper and significantly worse: token F1 0.400" in said(found)


def test_of_equals_the_cheapest_is_taken() -> None:
    found = recommend(measured(0.1, 0.5, 0.3, 0.5), GIVEN)
    assert found.arm == "rag"


def test_a_gain_that_may_be_chance_does_not_pay_for_training() -> None:
    mixed = measured(0.1, 0.5, 0.1, 0.5)
    given = rows([0.1] * MANY, [0.5] * MANY, [0.1] * MANY, [0.45, 0.6] * (MANY // 2))
    arms = {arm: as_json(one) for arm, one in given.items()}

    found = recommend(replace(mixed, arms=arms, differences=differences(given)), GIVEN)

    assert found.arm == "rag"
    assert "cheapest that is not significantly worse than the best" in said(found)


@pytest.mark.parametrize("changes", ["daily", "weekly"])
def test_what_reads_no_documents_is_not_taken_where_they_change(changes: Changes) -> None:
    found = recommend(measured(0.1, 0.3, 0.6, 0.4), replace(GIVEN, changes=changes))
    assert found.arm == "rag_fine_tuned"
    assert f"Not fine-tuned: the knowledge changes {changes}" in said(found)
    assert "of 10 facts changed after training it says 10%" in said(found)


def test_where_nothing_changes_it_may_be() -> None:
    assert recommend(measured(0.1, 0.3, 0.6, 0.4), GIVEN).arm == "fine_tuned"


def test_what_answers_too_late_is_not_taken() -> None:
    late = slow(measured(0.1, 0.4, 0.3, 0.6), ["rag", "rag_fine_tuned"])
    found = recommend(late, GIVEN)
    assert found.arm == "fine_tuned"
    assert "3,000 ms or more, over the budget of 1,000 ms" in said(found)


def test_where_all_answer_too_late_quality_decides_and_it_is_told() -> None:
    found = recommend(slow(measured(0.1, 0.4, 0.3, 0.6), ARMS), GIVEN)
    assert found.arm == "rag_fine_tuned"
    assert "No arm meets every condition" in said(found)


def test_too_few_examples_are_no_training() -> None:
    found = recommend(
        measured(0.1, 0.4, 0.3, 0.6), replace(GIVEN, examples=dict.fromkeys(TUNED, 19))
    )
    assert found.arm == "rag"
    assert "19 examples to learn from, fewer than the 20" in said(found)


def test_answers_that_no_document_holds_are_no_training() -> None:
    found = recommend(measured(0.1, 0.4, 0.3, 0.6), replace(GIVEN, found=0.3))
    assert found.arm == "rag"
    assert "only 30% of the training questions" in said(found)


def test_with_passages_a_change_needs_no_new_training() -> None:
    told = said(recommend(measured(0.1, 0.3, 0.4, 0.6), replace(GIVEN, changes="daily")))
    assert "Training took 3,600 s for 200 examples; a change of the documents" in told


def test_what_training_costs_and_forgets_is_told() -> None:
    told = said(
        recommend(measured(0.1, 0.3, 0.6, 0.4, rise=0.2), replace(GIVEN, changes="monthly"))
    )
    assert "with every monthly change that is 0.2 hours a year" in told
    assert "right answers to general prompts rose by 20%" in told
    assert "With 500 million parameters" in told


def test_what_is_known_by_heart_alone_is_told() -> None:
    told = said(recommend(measured(0.0, 0.4, 0.1, 0.6), GIVEN))
    assert "taught (token F1 0.400 on taught questions) and not the rest (0.100 on others)" in told
    assert "not the rest" not in said(recommend(measured(0.0, 0.4, 0.3, 0.6), GIVEN))
