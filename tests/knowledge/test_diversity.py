"""No document takes all places where others are near."""

from __future__ import annotations

from knowledge.diversity import FEW, diverse

from .passages import passage


def test_beyond_a_few_passages_of_a_document_another_comes_first() -> None:
    same = [passage(1, start=place, score=0.9 - place / 100) for place in range(FEW + 1)]
    other = passage(2, score=0.8)

    assert [p.document_id for p in diverse([*same, other])] == [1] * FEW + [2, 1]


def test_they_stay_where_nothing_else_is_near() -> None:
    same = [passage(1, start=place, score=0.9) for place in range(FEW + 1)]
    far = passage(2, score=0.5)

    assert [p.document_id for p in diverse([*same, far])] == [1] * (FEW + 1) + [2]


def test_few_passages_of_a_document_keep_their_places() -> None:
    found = [passage(1, start=place, score=0.9) for place in range(FEW)] + [passage(2, score=0.8)]

    assert diverse(found) == found


def test_scores_are_in_order() -> None:
    found = [passage(1, start=place, score=0.9 - place / 10) for place in range(6)]

    scores = [p.score for p in diverse(found)]

    assert scores == sorted(scores, reverse=True)
