"""The steps of ranking in their order: named, reranked, approved, merged, diverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.ranking import Ranking
from knowledge.verified import VerifiedFirst

from .passages import passage

QUESTION = "How do I reset my VPN password?"
APPROVED = passage(9, title=QUESTION, path="answers/1.md", source="answers", score=0.1)


@dataclass(frozen=True)
class LastFirst:
    """A reranker that turns the order round."""

    def order(
        self, question: str, passages: Sequence[FoundPassage], top_k: int
    ) -> list[FoundPassage]:
        turned = list(reversed(passages))
        return [replace(p, score=0.9 - place / 100) for place, p in enumerate(turned)]


def rank(
    embedder: Embedder, reranker: Any, *candidates: FoundPassage, top_k: int = 6
) -> tuple[FoundPassage, ...]:
    ranking = Ranking(VerifiedFirst(embedder, "english"), reranker, longest=600)
    vector = embedder.embed_question(QUESTION)
    return ranking.rank(QUESTION, vector, candidates, top_k, lambda document, start, end: None)


def test_without_a_reranker_the_order_of_the_search_stays(embedder: Embedder) -> None:
    found = (passage(1, score=0.9), passage(2, score=0.8))

    assert rank(embedder, None, *found) == found


def test_the_rerankers_order_is_obeyed(embedder: Embedder) -> None:
    found = rank(embedder, LastFirst(), passage(1, score=0.9), passage(2, score=0.8))

    assert [p.document_id for p in found] == [2, 1]


def test_an_approved_answer_goes_before_what_the_reranker_finds(embedder: Embedder) -> None:
    found = rank(embedder, LastFirst(), APPROVED, passage(1, score=0.9), passage(2, score=0.8))

    assert [p.document_id for p in found] == [9, 2, 1]


def test_no_more_come_than_asked_for_and_scores_are_in_order(embedder: Embedder) -> None:
    many = [passage(n % 3, start=40 * n, score=s) for n, s in enumerate(np.linspace(0.9, 0.1, 20))]

    found = rank(embedder, None, *many, top_k=6)

    assert len(found) == 6
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
