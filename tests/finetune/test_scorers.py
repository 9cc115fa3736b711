"""Scores of answers and rankings, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.scorers import containment, hit, overlap, reciprocal_rank, token_f1, tokens


@pytest.mark.parametrize(
    ("answer", "golds", "f1"),
    [
        ("28 days", ["28 days"], 1.0),
        ("28 DAYS!", ["28 days."], 1.0),
        ("it is 28 days", ["28 days"], 4 / 6),
        ("green card", ["blue card", "the green card"], 4 / 5),
        ("green", ["blue"], 0.0),
        ("", ["blue"], 0.0),
        ("green", [], 0.0),
        ("card card", ["card"], 2 / 3),
    ],
)
def test_f1_is_of_the_best_gold_answer(answer: str, golds: list[str], f1: float) -> None:
    assert token_f1(answer, golds) == pytest.approx(f1)


def test_chinese_is_compared_by_character() -> None:
    assert tokens("食堂12点open") == ["食", "堂", "12", "点", "open"]
    assert token_f1("中午十二点", ["十二点"]) == pytest.approx(6 / 8)
    assert containment("食堂每天中午十二点开门。", ["十二点"]) == 1


@pytest.mark.parametrize(
    ("answer", "golds", "held"),
    [
        ("You have 28 days of holiday.", ["28 Days"], 1),
        ("You have 28 days of holiday.", ["no", "days of holiday"], 1),
        ("You have 28 long days.", ["28 days"], 0),
        ("You have 128 days.", ["28 days"], 0),
        ("You have 28 days.", ["", "  "], 0),
        ("", ["28 days"], 0),
        ("You have 28 days.", [], 0),
    ],
)
def test_an_answer_holds_a_gold_answer_unbroken(answer: str, golds: list[str], held: int) -> None:
    assert containment(answer, golds) == held


@pytest.mark.parametrize("gold", ["?!", "…", "🙂"])
def test_a_gold_answer_without_a_word_is_in_no_answer(gold: str) -> None:
    assert containment("You have 28 days.", [gold]) == 0
    assert containment("", [gold]) == 0


def test_overlap_is_the_share_of_the_shorter_text() -> None:
    assert overlap("a b c d", "c d e") == pytest.approx(2 / 3)
    assert overlap("a a", "a b c") == pytest.approx(1 / 2)
    assert overlap("", "a") == 0


@pytest.mark.parametrize(
    ("rank", "at_1", "at_5", "reciprocal"),
    [(0, 1, 1, 1.0), (4, 0, 1, 0.2), (5, 0, 0, 1 / 6), (10, 0, 0, 0.0), (None, 0, 0, 0.0)],
)
def test_ranks_count_from_nought(rank: int | None, at_1: int, at_5: int, reciprocal: float) -> None:
    assert (hit(rank, 1), hit(rank, 5)) == (at_1, at_5)
    assert reciprocal_rank(rank, 10) == pytest.approx(reciprocal)


@given(st.text(), st.text())
def test_scores_stay_between_0_and_1_and_know_the_same_text(text: str, other: str) -> None:
    assert 0 <= token_f1(text, [other]) <= 1
    assert 0 <= overlap(text, other) <= 1
    assert token_f1(text, [text]) == float(bool(tokens(text)))
