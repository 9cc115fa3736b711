"""An expert decides: what is approved is told to those who could read the question."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import feedback, interactions, verified
from db.engine import Database, open_database
from db.feedback import CorrectionRecord
from db.interactions import InteractionRecord
from db.verified import VerifiedRecord
from finetune import review
from finetune.review import ReviewRefused


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    opened = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    yield opened
    opened.close()


def correct(
    database: Database,
    right: str | None = "In the cellar.",
    document: str | None = None,
    *,
    channel: str | None = "C0PUBLIC",
    private: bool | None = False,
) -> int:
    """Store an answer and what somebody says is right; its id."""
    record = InteractionRecord(
        question="Where is the lamp?",
        answer="On the roof.",
        abstained=False,
        confidence=0.9,
        generator="quotes",
        surface="slack",
        timings_ms={},
        passages=(),
        channel=channel,
        asker="U0ASKER",
        private=private,
    )
    told = CorrectionRecord(
        interactions.record(database, record), "U0AUTHOR", "wrong_answer", right, document
    )
    return feedback.correct(database, told)


def standing(database: Database) -> VerifiedRecord:
    [found] = verified.standing(database)
    return found


def test_an_approved_correction_is_an_answer_for_all(database: Database) -> None:
    approval = review.approve(database, correct(database), "U0EXPERT", role=" Caretaker ")
    found = standing(database)
    assert (approval.answer_id, approval.scope) == (found.id, None)
    assert (found.question, found.answer) == ("Where is the lamp?", "In the cellar.")
    assert (found.author, found.role, found.approved_by) == ("U0AUTHOR", "Caretaker", "U0EXPERT")
    assert review.waiting(database) == []


def test_the_expert_may_use_other_words(database: Database) -> None:
    review.approve(database, correct(database), "U0EXPERT", answer="Below the stairs.")
    assert standing(database).answer == "Below the stairs."


@pytest.mark.parametrize(
    ("channel", "private", "scope"),
    [
        ("C0PUBLIC", False, None),
        ("C0VAULT", True, "C0VAULT"),
        ("C0UNKNOWN", None, "C0UNKNOWN"),
        ("D0DIRECT", True, "U0ASKER"),
        (None, None, None),
    ],
)
def test_what_was_asked_in_private_is_told_to_those_who_could_read_it(
    database: Database, channel: str | None, private: bool | None, scope: str | None
) -> None:
    number = correct(database, channel=channel, private=private)
    assert review.approve(database, number, "U0EXPERT").scope == scope
    assert standing(database).channel == scope


def test_an_expert_may_tell_everybody(database: Database) -> None:
    number = correct(database, channel="D0DIRECT", private=True)
    review.approve(database, number, "U0EXPERT", channel="everywhere")
    assert standing(database).channel is None


def test_an_expert_may_tell_one_channel_alone(database: Database) -> None:
    review.approve(database, correct(database), "U0EXPERT", channel="C0OTHER")
    assert standing(database).channel == "C0OTHER"


def test_a_correction_that_names_a_document_teaches_and_answers_nothing(
    database: Database,
) -> None:
    number = correct(database, right=None, document="lamps.md")
    assert review.approve(database, number, "U0EXPERT").answer_id is None
    assert verified.standing(database) == []
    assert review.waiting(database) == []


def test_a_correction_that_says_nothing_needs_words(database: Database) -> None:
    number = correct(database, right=None)
    with pytest.raises(ReviewRefused, match="names no right answer"):
        review.approve(database, number, "U0EXPERT")
    assert [one.id for one in review.waiting(database)] == [number]


def test_a_rejected_correction_waits_no_more(database: Database) -> None:
    review.reject(database, correct(database), "U0EXPERT", "On the roof\n indeed.")
    assert review.waiting(database) == []
    assert verified.standing(database) == []


def test_nobody_decides_twice(database: Database) -> None:
    number = correct(database)
    review.reject(database, number, "U0EXPERT")
    with pytest.raises(ReviewRefused, match=f"No correction {number} waits"):
        review.approve(database, number, "U0OTHER")
    with pytest.raises(ReviewRefused, match=f"No correction {number} waits"):
        review.reject(database, number, "U0OTHER")


def test_what_is_no_channel_is_refused(database: Database) -> None:
    with pytest.raises(ReviewRefused, match="general is no id of a channel"):
        review.approve(database, correct(database), "U0EXPERT", channel="general")
