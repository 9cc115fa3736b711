"""An approved answer goes first where its question is asked, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.verified import VerifiedFirst

from .passages import passage

ANY = passage(1, title="Handbook", score=0.9)


def approved(title: str, source: str = "answers") -> FoundPassage:
    return passage(2, title=title, path="answers/12.md", source=source, score=0.4)


def order(embedder: Embedder, question: str, *passages: FoundPassage) -> list[FoundPassage]:
    vector = embedder.embed_question(question)
    return VerifiedFirst(embedder, "english").order(question, vector, passages)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I reset my VPN password?", "How do I reset my VPN password?"),
        ("I forgot my VPN password, how can I reset it?", "How do I reset my VPN password?"),
        ("What are the steps to deploy to production?", "How do I deploy to production?"),
        ("年假有多少天？", "年假有多少天？"),
    ],
)
def test_an_approved_answer_to_the_same_question_goes_first(
    embedder: Embedder, question: str, title: str
) -> None:
    first, second = order(embedder, question, ANY, approved(title))

    assert (first.title, first.score) == (title, 1.0)
    assert second == ANY


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I cancel a room?", "How do I book a room?"),
        ("How many days of sick leave do I get?", "How many days of holiday do I get?"),
        ("How do I disable two-factor login?", "How do I enable two-factor login?"),
        ("What changed in version 1.12?", "What changed in version 1.11?"),
        ("What was the budget of 2025?", "What was the budget of 2024?"),
        ("病假有多少天？", "年假怎么申请？"),
    ],
)
def test_an_approved_answer_to_another_question_keeps_its_place(
    embedder: Embedder, question: str, title: str
) -> None:
    found = [ANY, approved(title)]

    assert order(embedder, question, *found) == found


def test_a_named_source_of_answers_counts_and_another_source_does_not(embedder: Embedder) -> None:
    question = "How do I reset my VPN password?"
    people, folder = approved(question, "answers:people"), approved(question, "answers-old")

    assert order(embedder, question, ANY, people)[0].source == "answers:people"
    assert order(embedder, question, ANY, folder)[0] == ANY


def test_all_passages_of_a_long_approved_answer_go_first(embedder: Embedder) -> None:
    question = "How do I reset my VPN password?"
    parts = [approved(question), replace(approved(question), passage_id=3, start=50)]

    assert [p.document_id for p in order(embedder, question, ANY, *parts)] == [2, 2, 1]
