"""Differences between arms are paired, bounded, and corrected for how many there are."""

from __future__ import annotations

import pytest

from finetune.comparison.differences import Difference, differences, holm, interaction

from .rows import rows

MANY = 40


def difference(p: float) -> Difference:
    return Difference("rag", "base", "f1", 0.1, 0.0, 0.2, p)


def found(one: str, other: str, all_of: tuple[Difference, ...]) -> Difference:
    return next(d for d in all_of if (d.better, d.worse, d.measure) == (one, other, "f1"))


def test_holm_raises_the_smallest_most_and_never_reorders() -> None:
    raised = holm([difference(0.04), difference(0.01), difference(0.03)])
    assert [one.p for one in raised] == pytest.approx([0.06, 0.03, 0.06])


def test_a_raised_chance_is_no_more_than_certain() -> None:
    assert [one.p for one in holm([difference(0.7), difference(0.9)])] == [1.0, 1.0]


def test_every_pair_is_looked_at_by_both_measures() -> None:
    assert len(differences(rows([0.1] * 4, [0.2] * 4, [0.3] * 4, [0.4] * 4))) == 12


def test_a_gain_on_every_question_is_significant_and_no_gain_is_not() -> None:
    all_of = differences(rows([0.1] * MANY, [0.5] * MANY, [0.1] * MANY, [0.5] * MANY))

    gain, none = found("rag", "base", all_of), found("fine_tuned", "base", all_of)
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.4, 0.4, 0.4))
    assert gain.significant
    assert (none.mean, none.p, none.significant) == (0.0, 1.0, False)


def test_unanswerable_questions_say_nothing_of_f1() -> None:
    from dataclasses import replace

    given = rows([0.0] * 5, [1.0] * 5, [0.0] * 5, [0.0] * 5)
    given["rag"][0] = replace(given["rag"][0], answerable=False, f1=0.0)
    given["base"][0] = replace(given["base"][0], answerable=False)
    given["fine_tuned"][0] = replace(given["fine_tuned"][0], answerable=False)
    given["rag_fine_tuned"][0] = replace(given["rag_fine_tuned"][0], answerable=False)

    assert found("rag", "base", differences(given)).mean == 1.0


def test_the_interaction_is_what_both_bring_beyond_each_alone() -> None:
    told = interaction(rows([0.1] * 9, [0.3] * 9, [0.2] * 9, [0.7] * 9))
    assert told["f1"] == pytest.approx({"mean": 0.3, "low": 0.3, "high": 0.3})
