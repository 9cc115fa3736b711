"""The quoting generator says nothing that does not stand in a passage."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers import FoundPassage
from knowledge.generate.quotes import MAX_SENTENCES, QuotesGenerator

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


def quotes(question: str, *passages: FoundPassage) -> list[str]:
    return [statement.quote for statement in GENERATOR.generate(question, passages).statements]


TEXTS = st.text(st.sampled_from("card Door 食堂。.!?\n-*#|`1 "), max_size=120)


@given(st.text(max_size=40), st.lists(TEXTS | st.text(max_size=80), max_size=6))
def test_every_quote_stands_in_its_passage_word_for_word(question: str, texts: list[str]) -> None:
    passages = [passage(text) for text in texts]

    draft = GENERATOR.generate(question, passages)

    assert [s for s in draft.statements if s.quote not in texts[s.passage]] == []
    assert [s for s in draft.statements if not s.quote.strip()] == []
    assert [s for s in draft.statements if s.text != s.quote] == []
    assert 0 <= draft.fit <= 1


@given(st.lists(TEXTS, max_size=6))
def test_at_most_three_sentences_are_quoted_and_none_twice(texts: list[str]) -> None:
    found = quotes("Which card opens the door?", *map(passage, texts))

    assert len(found) <= MAX_SENTENCES == 3
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


def test_a_sentence_that_two_passages_share_is_quoted_once() -> None:
    text = "The green card opens the night door."

    assert quotes("Which card opens the night door?", passage(text), passage(text)) == [text]


def test_the_heading_counts_for_the_sentence_below_it() -> None:
    answer, other = "It opens at noon on weekdays.", "It closes at dusk on weekdays."
    canteen, gate = passage(answer, "Canteen"), passage(other, "Gate")

    assert quotes("When is the gate open on weekdays?", canteen, gate)[-1] == other


def test_without_passages_there_is_no_draft() -> None:
    draft = GENERATOR.generate("Which card?", [])

    assert (draft.statements, draft.fit) == ((), 0.0)
