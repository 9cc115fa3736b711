"""The quoting generator says nothing that does not stand in a passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers import FoundPassage
from knowledge.generate.quotes import QuotesGenerator
from knowledge.generate.windows import BUDGET, Reading

from .conftest import CountingEmbedder


class EvenWeights:
    """Every word is as telling as every other."""

    def of(self, terms: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(terms, 1.0)


GENERATOR = QuotesGenerator(CountingEmbedder(), EvenWeights(), "english")


def passage(text: str, heading: str = "", score: float = 0.9) -> FoundPassage:
    return FoundPassage(
        passage_id=1,
        document_id=1,
        path="a.md",
        title="A",
        uri="",
        heading=heading,
        text=text,
        start=0,
        end=len(text),
        page=None,
        score=score,
    )


def said(question: str, *passages: FoundPassage) -> list[str]:
    return [statement.text for statement in GENERATOR.generate(question, passages).statements]


def quotes(question: str, *passages: FoundPassage) -> list[str]:
    return [statement.quote for statement in GENERATOR.generate(question, passages).statements]


TEXTS = st.text(st.sampled_from("card Door 食堂。.!?\n-*#|`1 "), max_size=120)


@given(st.text(max_size=40), st.lists(TEXTS | st.text(max_size=80), max_size=6))
def test_every_quote_stands_in_its_passage_word_for_word(question: str, texts: list[str]) -> None:
    passages = [passage(text) for text in texts]

    draft = GENERATOR.generate(question, passages)

    assert [s for s in draft.statements if s.quote not in texts[s.passage]] == []
    assert [s for s in draft.statements if not s.quote.strip()] == []
    assert [s for s in draft.statements if s.quote not in s.text] == []
    assert 0 <= draft.fit <= 1


@given(st.lists(TEXTS, max_size=6))
def test_every_line_of_an_answer_stands_in_its_passage(texts: list[str]) -> None:
    draft = GENERATOR.generate("Which card opens the door?", [*map(passage, texts)])

    lines = [
        (line.strip(), texts[s.passage]) for s in draft.statements for line in s.text.split("\n")
    ]
    assert [line for line, text in lines if line not in text] == []


@given(st.lists(TEXTS, max_size=6))
def test_at_most_three_sentences_are_quoted_and_none_twice(texts: list[str]) -> None:
    found = quotes("Which card opens the door?", *map(passage, texts))

    assert len(found) <= BUDGET == 3
    assert len(set(found)) == len(found)


def test_the_sentence_that_answers_is_quoted() -> None:
    text = "The café is open. The night door opens with the green card. Cats sleep."

    assert quotes("Which card opens the night door?", passage(text)) == [
        "The night door opens with the green card."
    ]


def test_sentences_come_in_reading_order() -> None:
    first = "The red card opens door one. Nothing else here. The blue card opens door two."
    found = quotes("Which card opens which door?", passage(first))

    assert found == ["The red card opens door one.", "The blue card opens door two."]


def test_sentences_that_follow_each_other_are_read_as_one() -> None:
    text = "The red card opens door one. The blue card opens door two. Cats sleep."

    assert said("Which card opens which door?", passage(text)) == [
        "The red card opens door one. The blue card opens door two."
    ]


def test_the_passage_with_the_best_sentence_is_quoted_first() -> None:
    worse, better = "The night door is red, and a card lies here.", "A card opens the night door."
    found = quotes("Which card opens the night door?", passage(worse), passage(better))

    assert found == [better, worse]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The café is red. The guard has the card. It opens the night door.", 1),
        ("The café is red. The guard has the card! Night door too.", 1),
        ("The café is red. The guard has the card. The guard opens the night door.", 2),
    ],
)
def test_a_sentence_that_leans_on_the_one_before_brings_it(text: str, answer: int) -> None:
    begins = [0, *(mark.end() for mark in re.finditer(r"[.!] ", text))]

    assert said("What opens the night door?", passage(text)) == [text[begins[answer] :]]


def test_a_chinese_sentence_that_leans_on_the_one_before_brings_it() -> None:
    text = "食堂中午开门。门卫保管绿卡。它可以打开夜间大门。"

    assert said("什么可以打开夜间大门？", passage(text)) == ["门卫保管绿卡。它可以打开夜间大门。"]


def test_a_sentence_that_another_one_holds_is_left_out() -> None:
    whole = "The green card opens the night door, and so does the guard."
    part = "The green card opens the night door."

    assert quotes("What opens the night door and so?", passage(whole), passage(part)) == [whole]


LIST = """Cats sleep.

Bring these to the front desk:

- your passport
- a signed form
  in blue ink

Dogs bark."""


@pytest.mark.parametrize("question", ["What do I bring to the front desk?", "Is a form signed?"])
def test_a_list_is_quoted_whole_with_the_line_that_introduces_it(question: str) -> None:
    whole = LIST.removeprefix("Cats sleep.\n\n").removesuffix("\n\nDogs bark.")

    assert said(question, passage(LIST)) == [whole]


def test_of_a_long_list_the_item_that_answers_is_quoted_with_the_line_above_it() -> None:
    animals = ["lion", "otter", "horse", "eagle", "snail", "whale", "zebra", "camel", "goose"]
    items = "\n".join(f"* the {animal}" for animal in animals)

    assert said("Is there an otter?", passage(f"Here live:\n\n{items}")) == [
        "Here live:\n\n* the otter"
    ]


TABLE = """| Card | Door |
|---|---|
| green | night door |
| red | day door |"""


def test_the_row_that_answers_is_quoted_under_the_head_of_its_table() -> None:
    draft = GENERATOR.generate("What does green open?", [passage(TABLE)])

    [statement] = draft.statements
    assert statement.text == "| Card | Door |\n|---|---|\n| green | night door |"
    assert statement.quote == "| green | night door |"


def test_the_head_of_a_table_alone_is_no_answer() -> None:
    assert quotes("Card, door?", passage("| Card | Door |\n|---|---|")) == []


def test_the_rows_of_a_table_with_an_empty_head_are_quoted() -> None:
    assert quotes("What is green?", passage("| | |\n|---|---|\n| green | night door |")) == [
        "| green | night door |"
    ]


def test_a_command_is_quoted_with_the_line_that_introduces_it() -> None:
    text = "Cats sleep.\n\nTo start the lamp, run:\n\n```\nlamp --on\n```"

    assert said("How do I start the lamp?", passage(text)) == [text.removeprefix("Cats sleep.\n\n")]


def test_a_sentence_that_two_passages_share_is_quoted_once() -> None:
    text = "The green card opens the night door."

    assert quotes("Which card opens the night door?", passage(text), passage(text)) == [text]


def test_the_heading_counts_for_the_sentence_below_it() -> None:
    answer, other = "It opens at six on weekdays.", "It opens at two on weekdays."
    canteen, gate = passage(answer, "Canteen"), passage(other, "Gate")

    assert quotes("When is the gate open on weekdays?", canteen, gate)[0] == other


def test_without_passages_there_is_no_draft() -> None:
    draft = GENERATOR.generate("Which card?", [])

    assert (draft.statements, draft.fit) == ((), 0.0)


def by_words(question: str, text: str) -> dict[str, float]:
    """What each part of a passage scores by words alone."""
    readings = [Reading(text)]
    found = list(GENERATOR.split([passage(text)], readings))
    scores = GENERATOR.by_words(question, found)
    return {readings[0].quote(s.place): float(x) for s, x in zip(found, scores, strict=True)}


def test_a_word_counts_most_in_the_sentence_less_above_it_and_least_beside_it() -> None:
    text = "Cats sleep.\n\nThe oven eats:\n\n- bread\n\nFish swim here. Dogs bark. Birds sing here."

    scores = by_words("oven dogs", text)

    assert scores["Dogs bark."] == pytest.approx(0.5)
    assert scores["bread"] == pytest.approx(0.3)
    assert scores["Fish swim here."] == scores["Birds sing here."] == pytest.approx(0.1)
    assert by_words("lamps", "| Room | Lamps |\n|---|---|\n| attic | 9 |") == {
        "| attic | 9 |": pytest.approx(0.6)
    }
