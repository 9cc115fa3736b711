"""Prompts to learn from: what is right among what the live retriever mistakes for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.dataset.contexts import Contexts, open_contexts, same, shown_passages
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from tests.finetune.dataset.making import WORDS_OF, Making

ASKED = "How many days of holiday do we have?"
RIGHT = "Everybody has 28 days of holiday a year."


@pytest.fixture(scope="module")
def contexts(handbook: Knowledge) -> Contexts:
    return open_contexts(handbook, handbook.answerer)


@pytest.fixture(scope="module")
def gold(making: Making) -> FoundPassage:
    return next(p for p in making.passages(WORDS_OF["leave.md"]) if p.path == "leave.md")


def test_gold_stands_among_misses_where_it_was_found(
    contexts: Contexts, gold: FoundPassage
) -> None:
    around = contexts.around(ASKED, [gold], RIGHT, 0)
    ranked = [passage.passage_id for passage in contexts.found(ASKED)]
    assert len(around) == 6
    assert gold.passage_id in [passage.passage_id for passage in around]
    assert [p.passage_id for p in around] == ranked[:6]


@pytest.mark.parametrize("place", [0, 2, 5])
def test_gold_that_was_not_found_stands_anywhere(
    contexts: Contexts, gold: FoundPassage, place: int
) -> None:
    lost = replace(gold, passage_id=10_000, text="Holidays are twenty-eight working days.")
    around = contexts.around(ASKED, [lost], RIGHT, place)
    assert around[place].passage_id == 10_000
    assert len(around) == 6


def test_no_distractor_holds_the_answer(contexts: Contexts, gold: FoundPassage) -> None:
    misled = contexts.misled(ASKED, [gold], RIGHT)
    assert misled
    assert all(RIGHT not in passage.text for passage in misled)


def test_a_neighbour_that_shares_the_text_is_no_distractor(gold: FoundPassage) -> None:
    neighbour = replace(gold, passage_id=10_000, text=gold.text + " Have a good time.")
    other = replace(gold, passage_id=10_001, text="Soup is free for everybody on Fridays.")
    assert same(gold, neighbour)
    assert not same(gold, other)


def test_what_does_not_fit_goes_from_the_end_and_gold_stays(
    contexts: Contexts, making: Making
) -> None:
    passages = making.passages(WORDS_OF["leave.md"])
    small = replace(contexts, budget=contexts.tokens(ASKED, passages[:3]))
    last = passages[-1].passage_id
    fitted = small.fitted(ASKED, passages, {last})
    assert small.tokens(ASKED, fitted) <= small.budget
    assert fitted[-1].passage_id == last
    assert [p.passage_id for p in fitted[:-1]] == [
        p.passage_id for p in passages[: len(fitted) - 1]
    ]


def test_the_prompt_is_the_one_that_serves(contexts: Contexts, gold: FoundPassage) -> None:
    system, user = contexts.prompt(ASKED, [gold])
    assert (system["role"], user["role"]) == ("system", "user")
    assert f'<passage number="1" from="Leave › {gold.heading}">' in user["content"]
    assert f"<question>\n{ASKED}\n</question>" in user["content"]


def test_a_passage_that_is_gone_is_shown_but_has_no_place_in_the_index(making: Making) -> None:
    case = making.liked("Is soup free?", 0, "U0ANN")
    first, *rest = case.answer.record.passages
    shown = shown_passages([replace(first, passage_id=None), *rest])
    assert shown[0].passage_id < 0
    assert shown[0].text == first.text


def test_only_gold_that_is_still_there_counts(contexts: Contexts, making: Making) -> None:
    there, gone = making.gold("leave.md"), replace(making.gold("keys.md"), passage_id=10_000)
    assert [p.passage_id for p in contexts.still_there([gone, there])] == [there.passage_id]
