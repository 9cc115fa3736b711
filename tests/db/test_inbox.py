"""What was stored in the inbox is worked on once, in order, whichever worker dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from db import inbox, interactions
from db.engine import Database
from db.inbox import MAX_ATTEMPTS, NewEvent, WorkItem
from db.interactions import InteractionRecord
from db.models import InboxEvent

LEASE = dt.timedelta(seconds=60)
PLACE = ("T1", "C1", "1700000001.000100")
OVER = dt.timedelta(seconds=-1)


def event(number: int, **fields: Any) -> NewEvent:
    values = {
        "event_id": f"Ev{number}",
        "team": "T1",
        "channel": "C1",
        "ts": f"170000000{number}.000100",
        "payload": {"text": f"question {number}", "blocks": [1, None, "ä 中"]},
    }
    return NewEvent(**(values | fields))


def claimed(database: Database, owner: str = "worker", lease: dt.timedelta = LEASE) -> WorkItem:
    item = inbox.claim(database, owner, lease)
    assert item is not None
    return item


def row_of(database: Database, item: WorkItem) -> InboxEvent:
    with database.reading() as session:
        return session.get_one(InboxEvent, item.id)


def test_an_event_comes_out_as_it_went_in(database: Database) -> None:
    assert inbox.receive(database, event(1))
    item = claimed(database)
    assert item.payload == event(1).payload
    assert (item.owner, item.attempt) == ("worker", 1)


def test_an_event_that_slack_sends_again_is_stored_once(database: Database) -> None:
    assert inbox.receive(database, event(1))
    assert not inbox.receive(database, event(1, ts="1700000099.000100"))
    assert inbox.count_unfinished(database) == 1


def test_the_twin_of_a_mention_is_stored_once(database: Database) -> None:
    assert inbox.receive(database, event(1))
    assert not inbox.receive(database, event(1, event_id="Ev-of-app_mention"))
    assert inbox.receive(database, event(1, event_id="Ev-elsewhere", channel="C2"))
    assert inbox.count_unfinished(database) == 2


def test_a_finished_event_stays_known(database: Database) -> None:
    inbox.receive(database, event(1))
    assert inbox.finish(database, claimed(database), "done")
    assert not inbox.receive(database, event(1))
    assert inbox.claim(database, "worker", LEASE) is None
    assert inbox.count_unfinished(database) == 0


def test_equal_events_that_arrive_at_once_are_stored_once(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    stored = together(4, lambda n: inbox.receive(database, event(1, event_id=f"Ev{n % 2}")))
    assert sorted(stored) == [False, False, False, True]


def test_an_empty_inbox_gives_nothing(database: Database) -> None:
    assert inbox.claim(database, "worker", LEASE) is None
    assert not inbox.anything_due(database)


def test_the_oldest_event_comes_first(database: Database) -> None:
    assert [inbox.receive(database, event(n)) for n in (3, 1, 2)] == [True] * 3
    texts = [claimed(database).payload["text"] for _ in range(3)]
    assert texts == ["question 3", "question 1", "question 2"]


def test_workers_at_once_get_different_events(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    assert all(inbox.receive(database, event(n)) for n in range(8))
    items = together(4, lambda n: [inbox.claim(database, f"w{n}", LEASE) for _ in range(3)])
    ids = [item.id for items_of_one in items for item in items_of_one if item is not None]
    assert len(ids) == len(set(ids)) == 8


def test_an_event_in_work_is_nobody_elses(database: Database) -> None:
    inbox.receive(database, event(1))
    claimed(database)
    assert inbox.claim(database, "another", LEASE) is None


def test_when_the_lease_has_run_out_another_takes_over(database: Database) -> None:
    inbox.receive(database, event(1))
    lost = claimed(database, "first", OVER)
    item = claimed(database, "second")
    assert (item.id, item.owner, item.attempt) == (lost.id, "second", 2)


def test_a_worker_that_lost_its_lease_can_do_nothing_more(database: Database) -> None:
    inbox.receive(database, event(1))
    lost = claimed(database, "first", OVER)
    item = claimed(database, "second")
    assert not inbox.extend(database, lost, LEASE)
    assert not inbox.put_back(database, lost, OVER, "trouble")
    assert not inbox.finish(database, lost, "failed", "trouble")
    assert row_of(database, item).status == "working"
    assert inbox.finish(database, item, "done")
    assert row_of(database, item).error is None


def test_the_same_worker_cannot_finish_an_earlier_attempt(database: Database) -> None:
    inbox.receive(database, event(1))
    lost = claimed(database, "worker", OVER)
    claimed(database, "worker")
    assert not inbox.finish(database, lost, "done")


def test_an_event_is_finished_once(database: Database) -> None:
    inbox.receive(database, event(1))
    item = claimed(database)
    assert inbox.finish(database, item, "dropped", "nothing to answer")
    assert not inbox.finish(database, item, "done")
    row = row_of(database, item)
    assert (row.status, row.error) == ("dropped", "nothing to answer")
    assert row.finished_at is not None


def test_an_extended_lease_holds(database: Database) -> None:
    inbox.receive(database, event(1))
    item = claimed(database, "first", OVER)
    assert inbox.extend(database, item, LEASE)
    assert inbox.claim(database, "second", LEASE) is None


def test_an_event_put_back_waits_for_its_delay(database: Database) -> None:
    inbox.receive(database, event(1))
    inbox.receive(database, event(2))
    assert inbox.put_back(database, claimed(database), LEASE, "Slack is away")
    item = claimed(database)
    assert item.payload["text"] == "question 2"
    assert inbox.claim(database, "worker", LEASE) is None
    assert inbox.count_unfinished(database) == 2


def test_an_event_put_back_comes_again_after_its_delay(database: Database) -> None:
    inbox.receive(database, event(1))
    assert inbox.put_back(database, claimed(database), OVER, "Slack is away")
    item = claimed(database)
    assert item.attempt == 2
    assert row_of(database, item).error == "Slack is away"


def test_after_the_last_attempt_an_event_has_failed(database: Database) -> None:
    inbox.receive(database, event(1))
    earlier = [
        inbox.put_back(database, claimed(database), OVER, "no answer")
        for _ in range(MAX_ATTEMPTS - 1)
    ]
    assert all(earlier)
    last = claimed(database)
    assert last.attempt == MAX_ATTEMPTS
    assert inbox.put_back(database, last, OVER, "no answer")
    assert row_of(database, last).status == "failed"
    assert inbox.claim(database, "worker", LEASE) is None


def test_an_event_that_kills_its_workers_is_given_up(database: Database) -> None:
    inbox.receive(database, event(1))
    items = [claimed(database, f"w{n}", OVER) for n in range(MAX_ATTEMPTS)]
    assert inbox.claim(database, "next", LEASE) is None
    row = row_of(database, items[-1])
    assert (row.status, row.error) == ("failed", f"gave up after {MAX_ATTEMPTS} attempts")
    assert not inbox.finish(database, items[-1], "done")


def test_a_stopping_worker_hands_back_its_events_alone(database: Database) -> None:
    assert all(inbox.receive(database, event(n)) for n in (1, 2, 3))
    mine = claimed(database, "stopping")
    assert inbox.finish(database, claimed(database, "stopping"), "done")
    other = claimed(database, "another")
    assert inbox.release_leases(database, "stopping") == 1
    again = claimed(database, "another")
    assert (again.id, again.attempt) == (mine.id, 1)
    assert not inbox.finish(database, mine, "done")
    assert inbox.finish(database, other, "done")


def test_a_stopping_worker_leaves_what_it_put_back_to_its_delay(database: Database) -> None:
    inbox.receive(database, event(1))
    item = claimed(database, "stopping")
    assert inbox.put_back(database, item, LEASE, "Slack is away")
    assert inbox.release_leases(database, "stopping") == 0
    assert inbox.claim(database, "another", LEASE) is None
    assert row_of(database, item).attempt == 1


def answered(database: Database, item: WorkItem, private: bool | None = None) -> None:
    record = InteractionRecord(
        question="why?",
        answer="Because.",
        abstained=False,
        confidence=0.9,
        generator="quotes",
        surface="slack",
        timings_ms={},
        passages=(),
        inbox_id=item.id,
        private=private,
    )
    interactions.record(database, record)


def private_of(database: Database, item: WorkItem) -> bool | None:
    found = interactions.find_by_inbox(database, item.id)
    assert found is not None
    return found.private


def test_an_answer_is_told_afterwards_that_it_was_private(database: Database) -> None:
    inbox.receive(database, event(1))
    item = claimed(database)
    answered(database, item)
    inbox.tell_private(database, *PLACE, True)
    assert private_of(database, item) is True


def test_an_answer_that_is_being_written_asks_whether_it_is_private(database: Database) -> None:
    inbox.receive(database, event(1))
    item = claimed(database)
    inbox.tell_private(database, *PLACE, False)
    answered(database, item)
    inbox.settle_private(database, item.id)
    assert private_of(database, item) is False


def test_what_is_known_to_be_private_stays_so(database: Database) -> None:
    inbox.receive(database, event(1))
    inbox.tell_private(database, *PLACE, True)
    inbox.tell_private(database, *PLACE, False)
    assert claimed(database).payload["private"] is True


def test_an_event_that_is_not_there_can_be_told_nothing(database: Database) -> None:
    inbox.tell_private(database, "T1", "C1", "9.9", True)
