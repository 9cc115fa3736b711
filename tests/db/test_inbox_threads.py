"""What the bot asks of the inbox besides claiming: threads, deletions, whether anything is due."""

from __future__ import annotations

import datetime as dt

import pytest

from db import inbox, interactions
from db.engine import Database
from db.interactions import InteractionRecord

SOON = dt.timedelta(seconds=30)
GONE = dt.timedelta(seconds=-1)


def receive(database: Database, ts: str, thread_ts: str | None = None) -> None:
    payload = {"thread_ts": thread_ts or ts}
    assert inbox.receive(database, inbox.NewEvent(f"Ev{ts}", "T1", "C1", ts, payload))


def test_a_thread_that_an_event_began_is_known(database: Database) -> None:
    receive(database, "1.0")
    assert inbox.has_thread(database, "T1", "C1", "1.0")


def test_a_thread_in_which_an_event_is_worked_on_is_known(database: Database) -> None:
    receive(database, "2.0", thread_ts="1.0")
    assert inbox.has_thread(database, "T1", "C1", "1.0")
    item = inbox.claim(database, "w", SOON)
    assert item is not None
    assert inbox.has_thread(database, "T1", "C1", "1.0")


@pytest.mark.parametrize("place", [("T2", "C1", "1.0"), ("T1", "C2", "1.0"), ("T1", "C1", "3.0")])
def test_other_threads_are_not_known(database: Database, place: tuple[str, str, str]) -> None:
    receive(database, "1.0")
    assert not inbox.has_thread(database, *place)


def test_a_withdrawn_event_is_not_worked_on(database: Database) -> None:
    receive(database, "1.0")
    assert inbox.withdraw(database, "T1", "C1", "1.0")
    assert inbox.claim(database, "w", SOON) is None
    assert inbox.count_unfinished(database) == 0


def test_whoever_works_on_a_withdrawn_event_has_lost_it(database: Database) -> None:
    receive(database, "1.0")
    item = inbox.claim(database, "w", SOON)
    assert item is not None
    assert inbox.withdraw(database, "T1", "C1", "1.0")
    assert not inbox.extend(database, item, SOON)
    assert not inbox.finish(database, item, "done")


def test_a_finished_event_cannot_be_withdrawn(database: Database) -> None:
    receive(database, "1.0")
    item = inbox.claim(database, "w", SOON)
    assert item is not None
    inbox.finish(database, item, "done")
    assert not inbox.withdraw(database, "T1", "C1", "1.0")


def test_what_waits_is_due(database: Database) -> None:
    assert not inbox.anything_due(database)
    receive(database, "1.0")
    assert inbox.anything_due(database)


def test_what_is_worked_on_is_due_when_its_lease_has_run_out(database: Database) -> None:
    receive(database, "1.0")
    inbox.claim(database, "w", SOON)
    assert not inbox.anything_due(database)
    receive(database, "2.0")
    inbox.claim(database, "w", GONE)
    assert inbox.anything_due(database)


def test_the_leases_of_the_dead_end_and_their_attempts_count(database: Database) -> None:
    receive(database, "1.0")
    inbox.claim(database, "dead", SOON)
    assert inbox.owners(database) == {"dead"}
    assert inbox.expire_leases(database, "another") == 0
    assert inbox.expire_leases(database, "dead") == 1
    item = inbox.claim(database, "w", SOON)
    assert item is not None
    assert (item.owner, item.attempt) == ("w", 2)


def test_an_interaction_is_found_by_its_answer(database: Database) -> None:
    new = InteractionRecord(
        "q", "a", False, 1.0, "quotes", "slack", {}, (), team="T1", channel="C1"
    )
    stored = interactions.record(database, new)
    interactions.mark_answered(database, stored, "9.0")
    found = interactions.find_by_answer(database, "T1", "C1", "9.0")
    assert found is not None
    assert found.id == stored
    assert interactions.find_by_answer(database, "T1", "C1", "9.1") is None
    assert interactions.find_by_answer(database, "T2", "C1", "9.0") is None
