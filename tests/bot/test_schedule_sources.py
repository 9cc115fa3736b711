"""A source is read by its schedule: alone, after whatever else reads, and never at the end."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import build
from bot.commands import Commands
from bot.config import Settings
from bot.lorebot import Lorebot
from bot.schedule import Job, Schedule, reindex_jobs
from db import audit, jobs
from db.engine import Database
from knowledge.errors import KnowledgeUnusable
from knowledge.sources.settings import FolderSettings

NAME = "reindex:handbook"


@pytest.fixture
def commands(lorebot: Lorebot) -> Commands:
    return lorebot.commands


@pytest.fixture
def second(settings: Settings, knowledge: Any) -> Iterator[Commands]:
    """Those of another replica on the same database."""
    built = build(settings, knowledge=knowledge)
    yield built.commands
    built.close()


def noon() -> dt.datetime:
    return dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC)


def handbook(commands: Commands, schedule: str = "0 * * * *") -> list[Job]:
    source = FolderSettings(name="handbook", path="handbook", schedule=schedule)
    commands.configured = (source,)
    return reindex_jobs(commands, [source], retry_s=0.02)


def slots(database: Database, job: str) -> list[tuple[str, str]]:
    """The hour and minute of each slot that was claimed, and how it went."""
    query = text("SELECT scheduled_for, status FROM job_claim WHERE job = :job ORDER BY id")
    with database.reading() as session:
        rows = session.execute(query, {"job": job}).all()
    return [(str(slot)[11:16], status) for slot, status in rows]


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come to that in time"
        time.sleep(0.01)


def in_thread(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_a_source_is_read_alone_and_the_schedule_is_named_in_the_audit(
    commands: Commands, knowledge: Any
) -> None:
    [job] = handbook(commands)
    Schedule(commands, [job], clock=noon).run_due(job)
    assert knowledge.read == [("handbook",)]
    assert slots(commands.database, NAME) == [("12:00", "done")]
    [line] = audit.latest(commands.database)
    assert (line.actor, line.surface, line.act, line.outcome) == (
        *("schedule", "schedule"),
        *("reindex handbook", "done"),
    )


def test_a_source_without_a_schedule_has_no_job(commands: Commands) -> None:
    assert handbook(commands, "") == []


def test_a_slot_waits_for_a_reindex_that_runs_and_is_then_run_once(
    commands: Commands, second: Commands, knowledge: Any
) -> None:
    claim = jobs.claim(commands.database, "reindex", "somebody else")
    [job] = handbook(commands)
    waiting = in_thread(lambda: Schedule(commands, [job], clock=noon).run_due(job))
    until(lambda: slots(commands.database, NAME) == [("12:00", "running")])
    [same] = handbook(second)
    Schedule(second, [same], clock=noon).run_due(same)
    time.sleep(0.1)
    assert knowledge.read == []
    jobs.finish(commands.database, claim, {})
    waiting.join(10)
    assert knowledge.read == [("handbook",)]
    assert slots(commands.database, NAME) == [("12:00", "done")]
    assert [line.outcome for line in audit.latest(commands.database)] == ["done"]


def test_two_sources_at_one_time_are_read_one_after_the_other(
    commands: Commands, knowledge: Any
) -> None:
    knowledge.step_s = 0.01
    commands.configured = tuple(
        FolderSettings(name=name, path=name, schedule="0 * * * *") for name in ("one", "two")
    )
    table = reindex_jobs(commands, commands.configured, retry_s=0.02)
    schedule = Schedule(commands, table, clock=noon)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(schedule.run_due, table))
    assert sorted(knowledge.read) == [("one",), ("two",)]


def test_a_source_that_cannot_be_read_is_told_and_nothing_is_raised(
    commands: Commands, knowledge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge.error = KnowledgeUnusable("There is no folder.")
    [job] = handbook(commands)
    Schedule(commands, [job], clock=noon).run_due(job)
    assert slots(commands.database, NAME) == [("12:00", "failed")]
    assert f"{NAME} of 2026-01-30T12:00+00:00 failed: There is no folder." in caplog.text


def test_stopping_ends_a_slot_that_waits_and_leaves_it_to_others(
    commands: Commands, knowledge: Any
) -> None:
    jobs.claim(commands.database, "reindex", "somebody else")
    [job] = handbook(commands)
    schedule = Schedule(commands, [job], clock=noon)
    schedule.start()
    until(lambda: slots(commands.database, NAME) == [("12:00", "running")])
    schedule.close()
    assert commands.stop(5)
    assert knowledge.read == []
    assert jobs.claim(commands.database, NAME, "whoever comes next", noon()).attempt == 2


def test_stopping_ends_a_run_at_its_next_step(commands: Commands, knowledge: Any) -> None:
    knowledge.step_s = 0.2
    [job] = handbook(commands)
    schedule = Schedule(commands, [job], clock=noon)
    schedule.start()
    until(lambda: jobs.latest(commands.database, "reindex"))
    schedule.close()
    assert commands.stop(5)
    assert knowledge.read == []
