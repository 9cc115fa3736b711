"""What is supported, cited and whole scores high; one changed number or name does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from finetune.metrics import Support, ends_properly, facts, length
from knowledge.answers import UNKNOWN, Answer, Citation, FoundPassage

PAGE = "Employees have 28 days of holiday a year. Ask Maria Santos in Lisbon two weeks before."
OTHER = "The canteen opens at noon and serves soup."


class Alike:
    """Every term weighs the same."""

    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        return dict.fromkeys(terms, 1.0)


SUPPORT = Support(Alike(), "english")


def answer(text: str, *cited: str, abstained: bool = False) -> Answer:
    passages = tuple(
        FoundPassage(n, n, f"{n}.md", "", "", "", words, 0, len(words), None, 1.0)
        for n, words in enumerate(cited, start=1)
    )
    citations = tuple(Citation(n, passage, "") for n, passage in enumerate(passages, start=1))
    return Answer("?", text, abstained, 1.0, citations, passages, "test", 1)


def test_a_quoted_sentence_is_supported() -> None:
    assert SUPPORT.faithfulness("Employees have 28 days of holiday a year.", [OTHER, PAGE]) == 1


@pytest.mark.parametrize(
    "changed",
    [
        "Employees have 30 days of holiday a year.",
        "Ask John Santos in Lisbon two weeks before.",
        "Ask Maria Santos in Berlin two weeks before.",
        "The office cat sleeps all afternoon.",
    ],
)
def test_a_changed_fact_is_not(changed: str) -> None:
    assert SUPPORT.faithfulness(changed, [PAGE]) < 0.75


def test_an_answer_is_as_faithful_as_its_worst_sentence() -> None:
    both = "Employees have 28 days of holiday a year. They get 900 euros in cash."

    assert SUPPORT.faithfulness(both, [PAGE]) == SUPPORT.faithfulness(
        "They get 900 euros in cash.", [PAGE]
    )
    assert SUPPORT.grounding(both, [PAGE]) > SUPPORT.faithfulness(both, [PAGE])


def test_a_sentence_pieced_together_from_two_passages_is_not_fully_supported() -> None:
    assert SUPPORT.faithfulness("The canteen opens in Lisbon at noon.", [PAGE, OTHER]) < 1


def test_who_says_nothing_says_nothing_wrong_and_nothing_right() -> None:
    assert SUPPORT.faithfulness("", [PAGE]) == 1
    assert SUPPORT.faithfulness("In short:", [PAGE]) == 1
    assert SUPPORT.grounding("", [PAGE]) == 0
    assert SUPPORT.faithfulness("Employees have holiday.", []) == 0


def test_numbers_are_the_same_however_they_are_written() -> None:
    assert facts("It costs 1,200 euros.", "It costs 1200 euros.") == 1
    assert facts("It costs 1,300 euros.", "It costs 1200 euros.") == 0


def test_chinese_is_supported_by_chinese() -> None:
    assert SUPPORT.faithfulness("食堂每天中午12点开门。", ["食堂每天中午12点开门。"]) == 1
    assert SUPPORT.faithfulness("食堂每天中午11点开门。", ["食堂每天中午12点开门。"]) < 0.5


def test_citations_are_right_where_the_passage_says_it() -> None:
    right = answer("Employees have 28 days of holiday a year. [1] Soup is served. [2]", PAGE, OTHER)
    half = answer("Employees have 28 days of holiday a year. [2] Soup is served. [2]", PAGE, OTHER)

    assert SUPPORT.citation_precision(right) == 1
    assert SUPPORT.citation_precision(half) == 0.5


def test_claims_without_citations_are_not_cited_right() -> None:
    assert SUPPORT.citation_precision(answer("Employees have 28 days of holiday.")) == 0


def test_an_answer_that_is_not_given_cites_nothing_wrong() -> None:
    assert SUPPORT.citation_precision(answer(UNKNOWN, abstained=True)) == 1


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("You have 28 days. [1]", True),
        ("You have 28 days [1].", True),
        ("You have 28 days.[1][2]", True),
        ('He said "ask the guard."', True),
        ("食堂每天中午开门。[1]", True),
        ("Do this:\n\n- open the door\n- close the door [1]", True),
        ("Run it:\n\n```\nmake test\n```", True),
        ("| days | 28 |\n|---|---|\n| weeks | 5 |", True),
        ("You have 28 days of holiday and may also", False),
        ("You have 28 days. You have 28 days. You have 28 days.", False),
        ("食堂每天中午", False),
        ("", False),
    ],
)
def test_a_whole_answer_is_told_from_one_cut_off(text: str, whole: bool) -> None:
    assert ends_properly(text) is whole


def test_the_numbers_of_citations_do_not_lengthen_an_answer() -> None:
    assert length("You have 28 days. [1] [12]") == 4
