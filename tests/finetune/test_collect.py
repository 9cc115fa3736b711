"""A cycle takes what people said to everybody, and nothing of those who keep silent."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import feedback, interactions, verified
from db.engine import Database, open_database
from db.feedback import CorrectionRecord
from db.models import Interaction, OptOut
from db.signals import AskedQuestion
from db.verified import NewVerified
from finetune.cases import RatedAnswer
from finetune.collect import Collected, asked_again, collect, is_the_same

from .rated import MOMENT, record


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    opened = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    yield opened
    opened.close()


def answered(database: Database, private: bool | None = False, **fields: Any) -> str:
    """The id of an answer in a channel of Slack, unless it is said otherwise."""
    values = {"surface": "slack", "team": "T1", "channel": "C1", "asker": "U1"}
    found = interactions.record(database, record(**(values | fields)))
    with database.writing() as session:
        session.get_one(Interaction, found).private = private
    return found


def correct(database: Database, answer: str, author: str = "U2", **fields: Any) -> int:
    values = {"right_answer": "it is so", "right_document": None}
    return feedback.correct(
        database, CorrectionRecord(answer, author, "wrong_answer", **(values | fields))
    )


def opt_out(database: Database, person: str) -> None:
    with database.writing() as session:
        session.add(OptOut(person=person))


def collected(database: Database, **options: Any) -> Collected:
    return collect(database, None, **({"direct_messages": False} | options))


def only(found: Collected) -> RatedAnswer:
    (answer,) = found.answers
    return answer


def test_an_answer_comes_with_all_that_was_said_of_it(database: Database) -> None:
    one = answered(database, abstained=True)
    feedback.rate(database, one, "U3", -1)
    feedback.rate(database, one, "U4", 1)
    number = correct(database, one, right_answer="  it is so ", right_document=" ")
    found = only(collected(database))
    assert found.signals == {"down", "up", "correction", "abstained"}
    assert found.votes == {"U3": -1, "U4": 1}
    assert [(c.id, c.right_answer, c.right_document, c.approved) for c in found.corrections] == [
        (number, "it is so", None, False)
    ]
    assert found.record.id == one
    assert found.rated_at == found.corrections[0].written_at


def test_the_next_cycle_begins_where_this_one_has_ended(database: Database) -> None:
    one = answered(database)
    feedback.rate(database, one, "U3", -1)
    first = collected(database)
    two = answered(database, question="Another?")
    feedback.rate(database, two, "U3", 1)
    second = collect(database, first.until, direct_messages=False)
    third = collect(database, second.until, direct_messages=False)
    assert [only(first).record.id, only(second).record.id] == [one, two]
    assert third.answers == ()


@pytest.mark.parametrize(
    ("private", "place", "direct_messages", "reason"),
    [
        (False, {}, False, None),
        (True, {}, False, "private"),
        (True, {}, True, "private"),
        (None, {}, False, "private"),
        (None, {"surface": "workspace"}, False, None),
        (None, {"surface": "cli", "channel": None}, False, None),
        (True, {"surface": "workspace"}, False, "private"),
        (True, {"channel": "D1"}, False, "direct_message"),
        (None, {"channel": "D1"}, False, "direct_message"),
        (True, {"channel": "D1"}, True, None),
    ],
)
def test_only_what_everybody_may_read_is_taken(
    database: Database,
    private: bool | None,
    place: dict[str, Any],
    direct_messages: bool,
    reason: str | None,
) -> None:
    feedback.rate(database, answered(database, private, **place), "U3", -1)
    found = collected(database, direct_messages=direct_messages)
    assert len(found.answers) == (reason is None)
    assert found.left_out == ({reason: 1} if reason else {})


def test_the_question_of_a_person_who_opted_out_is_left_out(database: Database) -> None:
    opt_out(database, "U1")
    feedback.rate(database, answered(database), "U3", -1)
    found = collected(database)
    assert (found.answers, found.left_out) == ((), {"opted_out": 1})


def test_votes_and_corrections_of_people_who_opted_out_are_left_out(database: Database) -> None:
    opt_out(database, "U2")
    one, two = answered(database), answered(database, asker="U5")
    feedback.rate(database, one, "U2", -1)
    correct(database, one, "U2")
    feedback.rate(database, one, "U3", 1)
    feedback.rate(database, two, "U2", -1)
    found = collected(database)
    assert only(found).record.id == one
    assert only(found).votes == {"U3": 1}
    assert only(found).corrections == ()
    assert only(found).signals == {"up"}
    assert found.left_out == {"opted_out": 1}


def test_a_correction_that_was_rejected_or_withdrawn_says_nothing(database: Database) -> None:
    rejected, taken_back = answered(database), answered(database, asker="U5")
    verified.reject(database, correct(database, rejected), "U9", "It is not so.")
    number = correct(database, taken_back)
    new = NewVerified("why?", "so", "U2", "U9", correction_id=number)
    verified.withdraw(database, verified.approve(database, new))
    found = collected(database)
    assert (found.answers, found.left_out) == ((), {"rejected": 2})


def test_an_approved_correction_is_marked_so_and_has_the_expert_s_words(
    database: Database,
) -> None:
    number = correct(database, answered(database))
    verified.approve(database, NewVerified("why?", "so", "U2", "U9", correction_id=number))
    (given,) = only(collected(database)).corrections
    assert (given.approved, given.right_answer) == (True, "so")


def test_a_question_that_was_asked_again_at_once_is_taken(database: Database) -> None:
    first = answered(database, question="How many days of holiday?")
    answered(database, question="how many days of holiday are there")
    answered(database, question="Who has the key?")
    found = only(collected(database))
    assert (found.record.id, found.signals) == (first, {"asked_again"})


FIRST = AskedQuestion("1", "T1", "U1", "How many days of holiday?", MOMENT)


@pytest.mark.parametrize(
    ("minutes", "changes", "is_again"),
    [
        (10, {}, True),
        (11, {}, False),
        (1, {"asker": "U2"}, False),
        (1, {"team": "T2"}, False),
        (1, {"question": "How many days of notice?"}, False),
    ],
)
def test_asked_again_is_the_same_by_the_same_person_within_minutes(
    minutes: int, changes: dict[str, Any], is_again: bool
) -> None:
    later = MOMENT + dt.timedelta(minutes=minutes)
    second = replace(FIRST, id="2", asked_at=later, **changes)
    assert asked_again([FIRST, second], None) == ({"1": later} if is_again else {})


def test_what_was_asked_again_before_the_last_cycle_is_known_already() -> None:
    second, third = (
        replace(FIRST, id=str(n), asked_at=MOMENT + dt.timedelta(minutes=n)) for n in (2, 6)
    )
    found = asked_again([FIRST, second, third], MOMENT + dt.timedelta(minutes=4))
    assert found == {"1": third.asked_at, "2": third.asked_at}


def test_another_year_or_version_is_another_question() -> None:
    assert is_the_same("Who is ill in 2024?", "who is ill in 2024")
    assert not is_the_same(
        "How many days of holiday do we get in 2024?", "How many days of holiday do we get in 2025?"
    )
    assert is_the_same("食堂几点开门？", "食堂几点开门")
