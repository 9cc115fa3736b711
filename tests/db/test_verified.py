"""Corrections wait until an expert decides, once; verified answers stand until withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from db import feedback, interactions, verified
from db.engine import Database
from db.feedback import CorrectionRecord
from db.interactions import InteractionRecord
from db.verified import NewVerified, NotWaiting

NEW = NewVerified("Where is the lamp?", "In the cellar.", "U1", "U2", role="Caretaker")


@pytest.fixture
def correct(database: Database) -> Callable[..., int]:
    """Stores an answer with a correction and gives the correction's id."""

    def run(private: bool | None = False, channel: str | None = "C1") -> int:
        record = InteractionRecord(
            question="Where is the lamp?",
            answer="On the roof.",
            abstained=False,
            confidence=0.9,
            generator="quotes",
            surface="slack",
            channel=channel,
            private=private,
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
    verified.reject(database, number, "U2")
    again = NewVerified("Where?", "There.", "U1", "U2", correction_id=number)

    with pytest.raises(NotWaiting):
        verified.approve(database, again)
    with pytest.raises(NotWaiting):
        verified.reject(database, number, "U2")
    with pytest.raises(NotWaiting):
        verified.agree(database, number, "U2")
    assert verified.standing(database) == []


def test_an_unknown_correction_cannot_be_decided_on(database: Database) -> None:
    with pytest.raises(NotWaiting):
        verified.reject(database, 7, "U2")


def test_an_answer_that_was_withdrawn_stands_no_more(database: Database) -> None:
    kept, taken = verified.approve(database, NEW), verified.approve(database, NEW)
    assert verified.withdraw(database, taken)
    assert [found.id for found in verified.standing(database)] == [kept]
    assert not verified.withdraw(database, taken)


def decision(database: Database, number: int) -> dict[str, Any]:
    query = "SELECT status, decided_by, decided_at, reason, right_answer FROM correction"
    with database.reading() as session:
        row = session.execute(text(f"{query} WHERE id = :id"), {"id": number}).one()
    return dict(row._mapping)


def test_a_rejection_is_kept_with_who_and_why(
    database: Database, correct: Callable[..., int]
) -> None:
    number = correct()
    verified.reject(database, number, "U2", "It is on the roof.")
    kept = decision(database, number)
    assert (kept["status"], kept["decided_by"]) == ("rejected", "U2")
    assert kept["reason"] == "It is on the roof."
    assert kept["decided_at"] is not None


def test_a_correction_takes_the_words_that_were_approved(
    database: Database, correct: Callable[..., int]
) -> None:
    number = correct()
    new = NewVerified("Where is the lamp?", "Below the stairs.", "U1", "U2", correction_id=number)
    verified.approve(database, new)
    kept = decision(database, number)
    assert (kept["status"], kept["decided_by"]) == ("approved", "U2")
    assert kept["right_answer"] == "Below the stairs."


def test_a_document_can_be_agreed_to_without_an_answer(
    database: Database, correct: Callable[..., int]
) -> None:
    number = correct()
    verified.agree(database, number, "U2")
    assert decision(database, number)["status"] == "approved"
    assert verified.standing(database) == []


def test_what_was_asked_in_private_is_counted_apart(
    database: Database, correct: Callable[..., int]
) -> None:
    open_ones = [correct(False), correct(None, channel=None)]
    private = [correct(True), correct(None)]
    found = {one.id: one.in_the_open for one in verified.waiting(database)}
    assert found == dict.fromkeys(open_ones, True) | dict.fromkeys(private, False)
    assert verified.count_waiting(database, in_the_open=True) == 2
    assert verified.count_waiting(database, in_the_open=False) == 4
