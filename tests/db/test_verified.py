"""Corrections wait until an expert decides, once; verified answers stand until withdrawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import feedback, interactions, verified
from db.engine import Database
from db.feedback import CorrectionRecord
from db.interactions import InteractionRecord
from db.verified import NewVerified, NotWaiting

NEW = NewVerified("Where is the lamp?", "In the cellar.", "U1", "U2", role="Caretaker")


@pytest.fixture
def correct(database: Database) -> Callable[[], int]:
    """Stores an answer with a correction and gives the correction's id."""

    def run() -> int:
        record = InteractionRecord(
            question="Where is the lamp?",
            answer="On the roof.",
            abstained=False,
            confidence=0.9,
            generator="quotes",
            surface="slack",
            channel="C1",
            timings_ms={},
            passages=(),
        )
        answered = interactions.record(database, record)
        told = CorrectionRecord(answered, "U1", "wrong_answer", "In the cellar.", None)
        return feedback.correct(database, told)

    return run


def test_a_correction_waits_with_what_it_is_about(
    database: Database, correct: Callable[[], int]
) -> None:
    number = correct()
    [found] = verified.waiting(database)
    assert (found.id, found.question, found.answer) == (number, NEW.question, "On the roof.")
    assert (found.right_answer, found.channel, found.author) == ("In the cellar.", "C1", "U1")


def test_an_approved_answer_stands_and_its_correction_waits_no_more(
    database: Database, correct: Callable[[], int]
) -> None:
    number = correct()
    new = NewVerified("Where is the lamp?", "In the cellar.", "U1", "U2", correction_id=number)
    approved = verified.approve(database, new)

    [standing] = verified.standing(database)
    assert (standing.id, standing.answer, standing.approved_by) == (approved, new.answer, "U2")
    assert verified.waiting(database) == []


def test_nobody_decides_twice(database: Database, correct: Callable[[], int]) -> None:
    number = correct()
    verified.reject(database, number)
    again = NewVerified("Where?", "There.", "U1", "U2", correction_id=number)

    with pytest.raises(NotWaiting):
        verified.approve(database, again)
    with pytest.raises(NotWaiting):
        verified.reject(database, number)
    assert verified.standing(database) == []


def test_an_unknown_correction_cannot_be_decided_on(database: Database) -> None:
    with pytest.raises(NotWaiting):
        verified.reject(database, 7)


def test_an_answer_that_was_withdrawn_stands_no_more(database: Database) -> None:
    kept, taken = verified.approve(database, NEW), verified.approve(database, NEW)
    assert verified.withdraw(database, taken)
    assert [found.id for found in verified.standing(database)] == [kept]
    assert not verified.withdraw(database, taken)
