"""An answer is quoted and cited, or it is withheld and cites nothing."""

from __future__ import annotations

import re

import pytest

from knowledge.answering import cite, write
from knowledge.answers import UNKNOWN
from knowledge.base import Knowledge
from knowledge.generate import Statement

FOREIGN = [
    "Who won the chess world cup in 1972?",
    "How do I bake sourdough bread?",
    "What is the capital of Peru?",
    "月亮有多远？",
]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many days of holiday do I have?", "28 days of holiday"),
        ("Which card opens the night door?", "green card"),
        ("食堂几点开门？", "十二点开门"),
    ],
)
def test_a_question_that_the_documents_answer_is_answered(
    handbook: Knowledge, question: str, said: str
) -> None:
    answer = handbook.answer(question)

    assert not answer.abstained
    assert said in answer.text
    assert answer.citations[0].passage.passage_id == answer.passages[0].passage_id
    assert (answer.generator, answer.index_version) == ("quotes", handbook.status().version)


def test_every_quote_stands_in_the_passage_that_is_cited(handbook: Knowledge) -> None:
    answer = handbook.answer("What do I do when I am ill, and when do I need a note?")

    assert answer.citations
    assert [c for c in answer.citations if c.quote not in c.passage.text] == []
    assert [c for c in answer.citations if c.quote not in answer.text] == []


def test_of_several_sentences_of_a_passage_the_one_that_says_most_is_the_quote(
    handbook: Knowledge,
) -> None:
    passage = handbook.answer("Which card opens the night door?").passages[0]
    first = Statement("First.", 0, "First.", score=0.4)
    best = Statement("Best.", 0, "Best.", score=0.9)

    citations = cite((first, best), (passage,))

    assert [(c.number, c.quote) for c in citations] == [(1, "Best.")]


def test_citations_are_numbered_in_the_order_of_the_answer(handbook: Knowledge) -> None:
    answer = handbook.answer("Which card opens the night door, and how many days of holiday?")
    shown = [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)]

    assert list(dict.fromkeys(shown)) == [c.number for c in answer.citations]
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))


@pytest.mark.parametrize("question", FOREIGN)
def test_a_foreign_question_is_not_answered(handbook: Knowledge, question: str) -> None:
    answer = handbook.answer(question)

    assert answer.abstained
    assert answer.text == UNKNOWN
    assert answer.citations == ()
    assert answer.passages != ()


def test_nothing_indexed_is_no_answer_and_no_error(tiny: Knowledge) -> None:
    answer = tiny.answer("Which card opens the night door?")

    assert (answer.abstained, answer.text, answer.index_version) == (True, UNKNOWN, None)


def test_the_time_is_told_in_its_parts(handbook: Knowledge) -> None:
    timings = handbook.answer("Which card opens the night door?").timings

    assert min(timings.embed, timings.search, timings.generate) > 0
    assert timings.total >= timings.embed + timings.search + timings.generate


def test_sentences_of_one_passage_share_its_number(handbook: Knowledge) -> None:
    passages = handbook.retriever.find("card").passages[:2]
    statements = [
        Statement("One.", 1, "One."),
        Statement("Two.", 0, "Two."),
        Statement("3.", 1, "3."),
    ]

    citations = cite(statements, passages)

    assert [(c.number, c.passage.passage_id, c.quote) for c in citations] == [
        (1, passages[1].passage_id, "One."),
        (2, passages[0].passage_id, "Two."),
    ]
    assert citations[0].passage.uri == f"{passages[1].uri}#:~:text=One."
    assert write(statements, citations) == "One. [1]\n\nTwo. [2]\n\n3. [1]"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("One sentence.", "One sentence. [1]"),
        ("Bring:\n\n- a pen", "Bring:\n\n- a pen [1]"),
        ("| a |\n|---|\n| b |", "| a |\n|---|\n| b |\n\n[1]"),
        ("Run:\n\n```\nlamp\n```", "Run:\n\n```\nlamp\n```\n\n[1]"),
    ],
)
def test_the_number_stands_where_a_table_or_a_fence_does_not_swallow_it(
    handbook: Knowledge, text: str, written: str
) -> None:
    passage = handbook.answer("Which card opens the night door?").passages[0]
    statement = Statement(text, 0, text)

    assert write((statement,), cite((statement,), (passage,))) == written
