"""A cycle sees every answer of which something was said since the last one, with all of it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from sqlalchemy import update

from db import feedback, interactions, signals, verified
from db.engine import Database
from db.feedback import CorrectionRecord
from db.interactions import InteractionRecord
from db.models import Correction, Interaction, OptOut, Rating
from db.types import utc_now
from db.verified import NewVerified

BARE = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
MOMENT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def after(minutes: int) -> dt.datetime:
    return MOMENT + dt.timedelta(minutes=minutes)


def answered(database: Database, minute: int = 0, **fields: Any) -> str:
    """The id of an answer that was given so many minutes after the moment."""
    values = {name: getattr(BARE, name) for name in InteractionRecord.__dataclass_fields__}
    found = interactions.record(database, InteractionRecord(**(values | fields)))
    put(database, Interaction, Interaction.id == found, asked_at=after(minute))
    return found


def put(database: Database, table: Any, condition: Any, **values: Any) -> None:
    with database.writing() as session:
        session.execute(update(table).where(condition).values(**values))


def vote(database: Database, answer: str, person: str, value: int, minute: int) -> None:
    feedback.rate(database, answer, person, value)
    mine = (Rating.interaction_id == answer) & (Rating.rater == person)
    put(database, Rating, mine, rated_at=after(minute))


def correct(database: Database, answer: str, minute: int, text: str = "it is so") -> int:
    new = CorrectionRecord(answer, "U2", "wrong_answer", text, None)
    number = feedback.correct(database, new)
    put(database, Correction, Correction.id == number, written_at=after(minute))
    return number


def seen(database: Database, since: int | None, until: int | None = None) -> list[str]:
    first = None if since is None else after(since)
    last = None if until is None else after(until)
    return [one.id for one in signals.rated_since(database, first, last)]


def test_an_answer_of_which_nobody_said_anything_is_not_seen(database: Database) -> None:
    answered(database)
    assert seen(database, None) == []


def test_a_vote_is_seen_by_the_first_cycle_after_it_and_by_no_other(database: Database) -> None:
    one = answered(database)
    vote(database, one, "U1", -1, 10)
    assert seen(database, 9, 10) == [one]
    assert seen(database, 10, 20) == []
    assert seen(database, 0, 9) == []
    assert seen(database, None) == [one]


def test_withheld_and_corrected_answers_are_seen_oldest_first(database: Database) -> None:
    corrected = answered(database, 5)
    withheld = answered(database, 3, abstained=True)
    correct(database, corrected, 6)
    assert seen(database, 0) == [withheld, corrected]
    assert seen(database, 5) == [corrected]


def test_an_expert_s_decision_shows_an_answer_again(database: Database) -> None:
    one = answered(database)
    number = correct(database, one, 1)
    put(database, Correction, Correction.id == number, decided_at=after(30), status="approved")
    assert seen(database, 20) == [one]
    assert seen(database, 30) == []


def test_what_was_said_before_comes_with_what_is_new(database: Database) -> None:
    one = answered(database, private=None, asker="U9")
    vote(database, one, "U1", -1, 1)
    vote(database, one, "U3", 1, 20)
    number = correct(database, one, 2)
    (found,) = signals.rated_since(database, after(10))
    assert [(v.person, v.value, v.at) for v in found.votes] == [
        ("U1", -1, after(1)),
        ("U3", 1, after(20)),
    ]
    assert [(c.id, c.status, c.right_answer) for c in found.corrections] == [
        (number, "waiting", "it is so")
    ]
    assert (found.asked_at, found.private, found.record.asker) == (MOMENT, None, "U9")


def test_others_are_added_by_their_ids(database: Database) -> None:
    one = answered(database)
    assert [found.id for found in signals.rated_since(database, None, also={one})] == [one]


def test_an_approved_correction_has_the_expert_s_words_until_it_is_withdrawn(
    database: Database,
) -> None:
    one = answered(database)
    number = correct(database, one, 1, text="about 28")
    new = NewVerified("why?", "28 days", "U2", "U7", correction_id=number)
    answer_id = verified.approve(database, new)
    (approved,) = signals.rated_since(database, None)
    verified.withdraw(database, answer_id)
    (withdrawn,) = signals.rated_since(database, None)
    assert [(c.right_answer, c.status) for c in approved.corrections] == [("28 days", "approved")]
    assert [c.status for c in withdrawn.corrections] == ["withdrawn"]


def test_questions_of_known_askers_are_listed_as_they_were_searched_for(
    database: Database,
) -> None:
    answered(database, 1)
    late = answered(database, 9, asker="U1", team="T1", question="and there?", standalone="where?")
    early = answered(database, 5, asker="U1", team="T1")
    found = signals.asked_since(database, MOMENT)
    assert [(one.id, one.question, one.asked_at) for one in found] == [
        (early, "why?", after(5)),
        (late, "where?", after(9)),
    ]
    assert [one.id for one in signals.asked_since(database, after(5))] == [late]


def test_who_has_opted_out_is_known(database: Database) -> None:
    with database.writing() as session:
        session.add(OptOut(person="U4"))
    assert signals.opted_out(database) == {"U4"}


def test_a_settled_moment_waits_for_what_is_being_written(database: Database) -> None:
    one = answered(database)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            session.add(Rating(interaction_id=one, rater="U1", value=-1, rated_at=utc_now()))
            session.flush()
            moment = pool.submit(signals.settled_moment, database)
            waited = moment not in wait([moment], timeout=0.3).done
        found = signals.rated_since(database, None, moment.result(10))
    assert waited
    assert [one.id for one in found] == [one]
