"""A person has one vote on an answer, the last one counts, and none is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from db import feedback, interactions
from db.engine import Database
from db.feedback import CorrectionRecord, RatingCount, UnknownInteraction
from db.interactions import InteractionRecord


@pytest.fixture
def answer(database: Database) -> str:
    """The id of an answer that can be rated."""
    new = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
    return interactions.record(database, new)


def correction(answer: str, **fields: Any) -> CorrectionRecord:
    values = {"fault": "wrong", "right_answer": "42 – 四十二", "right_document": None}
    return CorrectionRecord(interaction_id=answer, author="U1", **(values | fields))


def test_a_vote_is_kept(database: Database, answer: str) -> None:
    assert feedback.vote_of(database, answer, "U1") is None
    feedback.rate(database, answer, "U1", 1)
    assert feedback.vote_of(database, answer, "U1") == 1
    assert feedback.count_ratings(database) == RatingCount(up=1, down=0)


def test_a_second_vote_replaces_the_first_and_both_are_remembered(
    database: Database, answer: str
) -> None:
    feedback.rate(database, answer, "U1", 1)
    feedback.rate(database, answer, "U1", -1)
    feedback.rate(database, answer, "U1", -1)
    assert feedback.vote_of(database, answer, "U1") == -1
    assert feedback.count_ratings(database) == RatingCount(up=0, down=1)
    assert feedback.history_of(database, answer, "U1") == [1, -1, -1]


def test_each_person_has_a_vote_of_their_own(database: Database, answer: str) -> None:
    feedback.rate(database, answer, "U1", 1)
    feedback.rate(database, answer, "U2", -1)
    feedback.rate(database, answer, "U3", 1)
    assert feedback.vote_of(database, answer, "U1") == 1
    assert feedback.count_ratings(database) == RatingCount(up=2, down=1)
    assert feedback.history_of(database, answer, "U2") == [-1]


def test_an_unknown_answer_cannot_be_rated(database: Database) -> None:
    with pytest.raises(UnknownInteraction):
        feedback.rate(database, "unknown", "U1", 1)
    assert feedback.count_ratings(database) == RatingCount(up=0, down=0)
    assert feedback.history_of(database, "unknown", "U1") == []


@pytest.mark.parametrize("value", [0, 2, -5])
def test_a_vote_is_up_or_down(database: Database, answer: str, value: int) -> None:
    with pytest.raises(IntegrityError):
        feedback.rate(database, answer, "U1", value)
    assert feedback.history_of(database, answer, "U1") == []


def test_clicks_at_once_leave_one_vote_and_all_history(
    database: Database, answer: str, together: Callable[..., list[Any]]
) -> None:
    together(4, lambda n: feedback.rate(database, answer, "U1", 1 if n % 2 else -1))
    history = feedback.history_of(database, answer, "U1")
    assert sorted(history) == [-1, -1, 1, 1]
    assert feedback.vote_of(database, answer, "U1") == history[-1]


def test_people_who_click_at_once_are_all_counted(
    database: Database, answer: str, together: Callable[..., list[Any]]
) -> None:
    together(4, lambda n: feedback.rate(database, answer, f"U{n}", 1))
    assert feedback.count_ratings(database) == RatingCount(up=4, down=0)


def test_corrections_are_kept_in_order(database: Database, answer: str) -> None:
    first = correction(answer)
    second = correction(answer, fault="outdated", right_answer=None, right_document="a.md")
    ids = [feedback.correct(database, first), feedback.correct(database, second)]
    assert ids == sorted(set(ids))
    assert feedback.corrections_of(database, answer) == [first, second]
    assert first.status == "waiting"
    assert feedback.count_corrections(database) == 2


def test_an_unknown_answer_cannot_be_corrected(database: Database) -> None:
    with pytest.raises(UnknownInteraction):
        feedback.correct(database, correction("unknown"))
    assert feedback.count_corrections(database) == 0
    assert feedback.corrections_of(database, "unknown") == []
