"""Every answer is kept with what it was made from, and is found again."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from db import inbox, interactions, registry
from db.engine import Database
from db.inbox import NewEvent
from db.interactions import InteractionRecord, PassageRecord
from db.models import Passage
from db.registry import ReleaseParts

BARE = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())


def passage(passage_id: int | None, **fields: Any) -> PassageRecord:
    values: dict[str, Any] = {
        "path": "a.md",
        "title": "A",
        "uri": "https://docs.example/a.md",
        "heading": "A › B",
        "text": "the words – 文字",
        "score": 0.5,
        "dense_score": 0.25,
        "text_score": 7.5,
    }
    return PassageRecord(passage_id, **(values | fields))


def find(database: Database, interaction_id: str) -> InteractionRecord:
    found = interactions.find(database, interaction_id)
    assert found is not None
    return found


@pytest.fixture
def event_id(database: Database) -> int:
    """The inbox's id of an event that is being worked on."""
    inbox.receive(database, NewEvent("Ev1", "T1", "C1", "1.0", {}))
    item = inbox.claim(database, "worker", dt.timedelta(seconds=60))
    assert item is not None
    return item.id


@pytest.fixture
def passage_ids(
    database: Database, document: Callable[..., Any], publish: Callable[..., int]
) -> list[int]:
    publish(database, [document("a.md", "one", "two", "three")])
    with database.reading() as session:
        return list(session.scalars(select(Passage.id).order_by(Passage.id)))


def test_an_interaction_comes_back_as_it_went_in(
    database: Database, event_id: int, passage_ids: list[int]
) -> None:
    release = registry.ensure_live(database, ReleaseParts("embedder", "quotes", "1"))
    new = replace(
        BARE,
        timings_ms={"retrieve": 1.5},
        passages=(
            passage(passage_ids[2], citation=1, quote="the words"),
            passage(passage_ids[0]),
            passage(None, path="b.md"),
        ),
        release_id=release,
        index_version=3,
        inbox_id=event_id,
        team="T1",
        channel="C1",
        thread_ts="1.0",
        question_ts="1.0",
        asker="U1",
    )
    stored = interactions.record(database, new)
    found = find(database, stored)
    assert found == replace(new, id=stored)
    assert found.asked_at is not None
    assert abs(found.asked_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_ids_cannot_be_guessed(database: Database) -> None:
    first, second = (interactions.record(database, BARE) for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second


def test_what_is_unknown_is_not_found(database: Database) -> None:
    assert interactions.find(database, "unknown") is None
    assert interactions.find_by_inbox(database, 7) is None


def test_an_interaction_is_found_by_its_event(database: Database, event_id: int) -> None:
    assert interactions.find_by_inbox(database, event_id) is None
    stored = interactions.record(database, replace(BARE, inbox_id=event_id))
    found = interactions.find_by_inbox(database, event_id)
    assert found is not None
    assert found.id == stored


def test_an_event_is_answered_once(database: Database, event_id: int) -> None:
    interactions.record(database, replace(BARE, inbox_id=event_id))
    with pytest.raises(IntegrityError):
        interactions.record(database, replace(BARE, inbox_id=event_id))
    assert interactions.count(database) == 1


def test_the_message_of_an_answer_is_noted(database: Database) -> None:
    first, second = (interactions.record(database, BARE) for _ in range(2))
    interactions.mark_answered(database, first, "2.0")
    assert find(database, first).answer_ts == "2.0"
    assert find(database, second).answer_ts is None


def test_a_passage_that_is_gone_is_stored_without_its_id(
    database: Database, passage_ids: list[int]
) -> None:
    records = (passage(passage_ids[0]), passage(999_999, quote="still quoted"))
    found = find(database, interactions.record(database, replace(BARE, passages=records)))
    assert found.passages == (records[0], replace(records[1], passage_id=None))


def test_a_passage_that_is_deleted_while_the_answer_is_stored_does_no_harm(
    database: Database, passage_ids: list[int]
) -> None:
    new = replace(BARE, passages=(passage(passage_ids[0]),))
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            session.execute(delete(Passage).where(Passage.id == passage_ids[0]))
            stored = pool.submit(interactions.record, database, new)
            time.sleep(0.3)
        assert find(database, stored.result(10)).passages == (passage(None),)


def test_a_passage_that_is_deleted_later_loses_its_id_alone(
    database: Database, passage_ids: list[int]
) -> None:
    new = replace(BARE, passages=(passage(passage_ids[0]), passage(passage_ids[1])))
    stored = interactions.record(database, new)
    with database.writing() as session:
        session.execute(delete(Passage).where(Passage.id == passage_ids[0]))
    assert find(database, stored).passages == (passage(None), passage(passage_ids[1]))


def test_the_bot_takes_part_where_it_has_answered(database: Database) -> None:
    interactions.record(database, replace(BARE, team="T1", channel="C1", thread_ts="1.0"))
    assert interactions.takes_part(database, "T1", "C1", "1.0")
    assert not interactions.takes_part(database, "T2", "C1", "1.0")
    assert not interactions.takes_part(database, "T1", "C2", "1.0")
    assert not interactions.takes_part(database, "T1", "C1", "2.0")


def test_people_see_their_own_questions_newest_first(database: Database) -> None:
    mine = replace(BARE, team="T1", asker="U1")
    asked = [replace(mine, question=f"question {n}") for n in range(4)]
    strangers = [replace(mine, asker="U2"), replace(mine, team="T2")]
    assert all(interactions.record(database, new) for new in (*asked, *strangers))
    recent = interactions.recent_of(database, "T1", "U1", 3)
    assert [found.question for found in recent] == ["question 3", "question 2", "question 1"]


def test_interactions_are_counted_since_a_time(database: Database) -> None:
    interactions.record(database, BARE)
    now = dt.datetime.now(dt.UTC)
    assert interactions.count(database) == 1
    assert interactions.count(database, now - dt.timedelta(hours=1)) == 1
    assert interactions.count(database, now + dt.timedelta(hours=1)) == 0
