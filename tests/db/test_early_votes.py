"""A vote that comes before its answer is known waits for it, and counts once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from db import early_votes, feedback, interactions
from db.early_votes import KEPT, Vote
from db.engine import Database
from db.feedback import RatingCount
from db.interactions import InteractionRecord
from db.models import EarlyVote

UP = Vote("T1", "C1", "1.5", "U1", 1)
DOWN = replace(UP, value=-1)
ANSWER = InteractionRecord(
    "why?", "because", False, 0.9, "quotes", "slack", {}, (), team="T1", channel="C1"
)


@pytest.fixture
def answer(database: Database) -> str:
    """Stored, but Slack has not said yet which message it became."""
    return interactions.record(database, ANSWER)


def waiting(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(EarlyVote)) or 0


def test_a_vote_waits_for_its_answer(database: Database, answer: str) -> None:
    early_votes.keep(database, UP)
    early_votes.settle(database)
    assert feedback.vote_of(database, answer, "U1") is None
    interactions.mark_answered(database, answer, "1.5")
    early_votes.settle(database)
    assert feedback.vote_of(database, answer, "U1") == 1
    assert waiting(database) == 0


def test_of_a_persons_votes_the_last_counts(database: Database, answer: str) -> None:
    early_votes.keep(database, UP)
    early_votes.keep(database, DOWN)
    early_votes.keep(database, replace(UP, rater="U2"))
    interactions.mark_answered(database, answer, "1.5")
    early_votes.settle(database)
    assert feedback.count_ratings(database) == RatingCount(up=1, down=1)
    assert feedback.vote_of(database, answer, "U1") == -1


def test_what_was_pressed_since_stays(database: Database, answer: str) -> None:
    early_votes.keep(database, UP)
    interactions.mark_answered(database, answer, "1.5")
    feedback.rate(database, answer, "U1", -1)
    early_votes.settle(database)
    assert feedback.history_of(database, answer, "U1") == [-1]
    assert waiting(database) == 0


def test_an_early_vote_takes_the_place_of_an_older_one(database: Database, answer: str) -> None:
    feedback.rate(database, answer, "U1", -1)
    early_votes.keep(database, UP)
    interactions.mark_answered(database, answer, "1.5")
    early_votes.settle(database)
    assert feedback.history_of(database, answer, "U1") == [-1, 1]


@pytest.mark.parametrize("other", [{"team": "T2"}, {"channel": "C2"}, {"ts": "1.6"}])
def test_a_vote_on_another_message_stays_out(
    database: Database, answer: str, other: dict[str, str]
) -> None:
    early_votes.keep(database, replace(UP, **other))
    interactions.mark_answered(database, answer, "1.5")
    early_votes.settle(database)
    assert feedback.count_ratings(database) == RatingCount(0, 0)
    assert waiting(database) == 1


def test_what_is_no_answer_after_a_day_is_forgotten(database: Database) -> None:
    early_votes.keep(database, UP)
    early_votes.keep(database, replace(UP, rater="U2"))
    with database.writing() as session:
        [row] = session.scalars(select(EarlyVote).where(EarlyVote.rater == "U1"))
        row.voted_at -= KEPT + dt.timedelta(seconds=1)
    early_votes.settle(database)
    assert waiting(database) == 1
