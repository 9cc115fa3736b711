"""Answers to learn cite the passages that say them, by their numbers in the prompt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from finetune.dataset.cited import Citing, plain, renumbered
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from tests.finetune.dataset.making import WORDS_OF, Making


@pytest.fixture(scope="module")
def citing(handbook: Knowledge) -> Citing:
    return Citing(handbook.answerer.check)


@pytest.fixture(scope="module")
def prompt(making: Making) -> Sequence[FoundPassage]:
    return making.passages(WORDS_OF["leave.md"])


def gold(prompt: Sequence[FoundPassage], *paths: str) -> list[FoundPassage]:
    return [passage for passage in prompt if passage.path in paths]


def number(prompt: Sequence[FoundPassage], path: str) -> int:
    return [passage.path for passage in prompt].index(path) + 1


def test_each_sentence_cites_the_passage_that_says_it(
    citing: Citing, prompt: Sequence[FoundPassage]
) -> None:
    text = (
        "Everybody has 28 days of holiday a year. A note is needed from the fourth day of illness."
    )
    cited = citing.cite(text, prompt, gold(prompt, "leave.md", "illness.md"))
    leave, illness = number(prompt, "leave.md"), number(prompt, "illness.md")
    assert cited == (
        f"Everybody has 28 days of holiday a year. [{leave}] "
        f"A note is needed from the fourth day of illness. [{illness}]"
    )


def test_a_short_answer_cites_too(citing: Citing, prompt: Sequence[FoundPassage]) -> None:
    cited = citing.cite("28 days of holiday", prompt, gold(prompt, "leave.md"))
    assert cited == f"28 days of holiday [{number(prompt, 'leave.md')}]"


def test_the_citations_that_a_person_wrote_are_replaced(
    citing: Citing, prompt: Sequence[FoundPassage]
) -> None:
    cited = citing.cite("Everybody has 28 days of holiday [7].", prompt, gold(prompt, "leave.md"))
    assert cited == f"Everybody has 28 days of holiday. [{number(prompt, 'leave.md')}]"


def test_what_no_passage_says_is_not_to_be_learnt(
    citing: Citing, prompt: Sequence[FoundPassage]
) -> None:
    text = "Everybody has 33 days of holiday a year. The office closes at noon on Christmas Eve."
    assert citing.cite(text, prompt, gold(prompt, "leave.md")) is None


def test_without_gold_nothing_can_be_cited(citing: Citing, prompt: Sequence[FoundPassage]) -> None:
    assert citing.cite("Everybody has 28 days of holiday a year.", prompt, []) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Soup is free. [1]", "Soup is free. [4]"),
        ("Soup is free [1, 2].", "Soup is free [4][2]."),
        ("Soup is free. [3]", "Soup is free."),
        ("| a | b |\n\n[2]", "| a | b |\n\n[2]"),
    ],
)
def test_citations_follow_their_passages_into_another_prompt(text: str, expected: str) -> None:
    assert renumbered(text, {1: 4, 2: 2}) == expected


def test_an_answer_without_its_citations_is_plain() -> None:
    assert plain("Soup is free. [1] It is hot (not found in the documents)") == (
        "Soup is free. It is hot"
    )
