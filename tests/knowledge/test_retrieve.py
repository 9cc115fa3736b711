"""Passages are found by what they mean and by the words they use, in any script."""

from __future__ import annotations

import pytest
from llama_index.core.schema import QueryBundle

from knowledge.base import Knowledge
from knowledge.retrieve import LEAST_DENSE_WEIGHT, dense_weight


def test_a_question_in_other_words_finds_the_passage_by_meaning(handbook: Knowledge) -> None:
    best = handbook.retriever.find("How much vacation am I granted annually?").passages[0]

    assert (best.path, best.heading) == ("leave.md", "Holidays")
    assert best.dense_score > 0.3


def test_rare_words_find_the_passage(handbook: Knowledge) -> None:
    best = handbook.retriever.find("guard").passages[0]

    assert best.path == "keys.md"
    assert best.text_score > 0


def test_a_chinese_question_finds_the_chinese_passage_by_its_words(handbook: Knowledge) -> None:
    best = handbook.retriever.find("食堂星期五供应什么？").passages[0]

    assert best.path == "zh/cafe.md"
    assert best.text_score > 0


def test_meaning_weighs_little_in_a_script_that_the_model_cannot_read(handbook: Knowledge) -> None:
    embedder, settings = handbook.embedder, handbook.settings

    assert dense_weight("食堂几点开门？", embedder, settings) == LEAST_DENSE_WEIGHT
    assert dense_weight("When does it open?", embedder, settings) == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize("question", ["green card", "食堂", "holiday", "zebra 42", "…"])
def test_scores_are_in_order_and_between_0_and_1(handbook: Knowledge, question: str) -> None:
    scores = [passage.score for passage in handbook.retriever.find(question).passages]

    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 1
    assert min(scores) >= 0


def test_no_more_passages_come_than_asked_for(handbook: Knowledge) -> None:
    assert len(handbook.retriever.find("card", top_k=2).passages) == 2


def test_a_passage_says_where_it_stands(handbook: Knowledge) -> None:
    found = handbook.retriever.find("When do I need a note?")
    best = found.passages[0]
    document = handbook.document(best.path)

    assert found.version == handbook.status().version
    assert document is not None
    assert document.text[best.start : best.end] == best.text
    assert (best.title, best.uri) == ("Leave", "https://docs.example/leave.md")


def test_an_empty_knowledge_base_finds_nothing(tiny: Knowledge) -> None:
    found = tiny.retriever.find("Anything there?")

    assert (found.passages, found.version) == ((), None)


def test_llama_index_can_retrieve(handbook: Knowledge) -> None:
    best = handbook.retriever.retrieve(QueryBundle("Which card opens the night door?"))[0]

    assert "green card" in best.get_content()
    assert best.node.ref_doc_id == "keys.md"
    assert best.node.metadata["heading"] == "The night door"
    assert best.score == pytest.approx(1, abs=0.4)
