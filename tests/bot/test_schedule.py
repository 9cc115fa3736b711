"""Every slot is run once, by whichever replica comes first, late rather than never."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import text

from bot.app import build
from bot.commands import Commands
from bot.config import Settings
from bot.cron import parse_cron
from bot.errors import Stopping
from bot.lorebot import Lorebot
from bot.schedule import Job, Schedule
from db import jobs
from db.engine import Database

START = dt.datetime(2026, 1, 30, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@dataclass
class Clock:
    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now


@dataclass
class Work:
    """What a job does in these tests: it counts, and may do something on top."""

    runs: list[float] = field(default_factory=list)
    also: Callable[[], object] = lambda: None

    def __call__(self) -> None:
        self.runs.append(time.monotonic())
        self.also()


@pytest.fixture
def commands(lorebot: Lorebot) -> Commands:
    return lorebot.commands


@pytest.fixture
def second(settings: Settings, knowledge: Any) -> Iterator[Commands]:
    """Those of another replica on the same database."""
    built = build(settings, knowledge=knowledge)
    yield built.commands
    built.close()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def hourly(work: Work) -> Job:
    return Job("work", parse_cron("0 * * * *"), work)


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


def run_together(replicas: list[Schedule], job: Job, clock: Clock, hours: int) -> None:
    for hour in range(hours):
        clock.now = START + hour * HOUR
        with ThreadPoolExecutor(len(replicas)) as pool:
            list(pool.map(lambda replica: replica.run_due(job), replicas))


def test_of_many_replicas_one_runs_each_slot(
    commands: Commands, second: Commands, hourly: Job, work: Work
) -> None:
    clock = Clock()
    replicas = [Schedule(c, [hourly], clock=clock) for c in (commands, second) * 2]
    run_together(replicas, hourly, clock, hours=10)
    assert len(work.runs) == 10
    expected = [(f"{12 + hour:02}:00", "done") for hour in range(10)]
    assert slots(commands.database, "work") == expected


def test_a_replica_whose_clock_is_wrong_repeats_nothing(
    commands: Commands, second: Commands, hourly: Job, work: Work
) -> None:
    fast, slow = Clock(), Clock()
    ahead, behind = (
        Schedule(replica, [hourly], clock=clock)
        for replica, clock in ((commands, fast), (second, slow))
    )
    skew = dt.timedelta(seconds=20)
    fast.now, slow.now = START + skew, START - skew + HOUR
    ahead.run_due(hourly)
    behind.run_due(hourly)
    fast.now, slow.now = START + HOUR + skew, START + HOUR + skew
    ahead.run_due(hourly)
    behind.run_due(hourly)
    assert slots(commands.database, "work") == [("12:00", "done"), ("13:00", "done")]
    assert len(work.runs) == 2


def test_in_real_time_two_replicas_share_the_slots(commands: Commands, second: Commands) -> None:
    work = Work()
    job = Job("work", CronTrigger(second="*", timezone=dt.UTC), work)
    grace = dt.timedelta(seconds=5)
    one, other = (Schedule(c, [job], grace=grace) for c in (commands, second))
    one.start()
    other.start()
    until(lambda: len(work.runs) >= 3)
    one.close()
    other.close()
    assert commands.stop(5)
    assert second.stop(5)
    claimed = slots(commands.database, "work")
    assert claimed == [(hour, "done") for hour, _ in claimed]
    assert len(work.runs) == len(claimed)


def test_what_was_missed_while_nobody_was_there_is_run_at_the_start(
    commands: Commands, work: Work
) -> None:
    job = Job("work", parse_cron("0 * * * *"), work)
    schedule = Schedule(commands, [job], clock=Clock(START + dt.timedelta(minutes=50)))
    schedule.start()
    until(lambda: slots(commands.database, "work") == [("12:00", "done")])
    schedule.close()
    assert len(work.runs) == 1


def test_of_several_missed_slots_only_the_last_is_run(
    commands: Commands, hourly: Job, work: Work
) -> None:
    clock = Clock()
    schedule = Schedule(commands, [hourly], clock=clock)
    schedule.run_due(hourly)
    clock.now += 5 * HOUR
    schedule.run_due(hourly)
    assert [hour for hour, _ in slots(commands.database, "work")] == ["12:00", "17:00"]


def test_the_slot_of_a_killed_process_is_run_by_another_when_its_lease_ends(
    commands: Commands, hourly: Job, work: Work
) -> None:
    jobs.claim(commands.database, "work", "killed", START)
    schedule = Schedule(commands, [hourly], clock=Clock(), lease=dt.timedelta(seconds=0.3))
    schedule.start()
    time.sleep(0.2)
    assert work.runs == []
    let_the_lease_run_out(commands.database)
    until(lambda: slots(commands.database, "work") == [("12:00", "done")])
    schedule.close()
    assert len(work.runs) == 1


def test_a_job_that_is_stopped_is_run_by_whoever_comes_next(
    commands: Commands, second: Commands, hourly: Job, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Schedule(commands, [], clock=Clock()).run_due(replace(hourly, function=be_stopped(commands)))
    assert slots(commands.database, "work") == [("12:00", "running")]
    Schedule(second, [], clock=Clock()).run_due(hourly)
    assert slots(commands.database, "work") == [("12:00", "done")]
    assert len(work.runs) == 1
    assert "is left to whoever comes next" in caplog.text


def be_stopped(commands: Commands) -> Callable[[], object]:
    """What a job does that notices the end of Lorebot."""

    def function() -> None:
        commands.stopping.set()
        raise Stopping

    return function


def let_the_lease_run_out(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE job_claim SET lease_until = '2020-01-01 00:00:00'"))


def test_what_was_missed_long_ago_is_not_run(commands: Commands, work: Work) -> None:
    nightly = Job("work", parse_cron("30 3 * * *"), work)
    Schedule(commands, [nightly], clock=Clock()).run_due(nightly)
    assert work.runs == []


def test_a_run_that_fails_is_told_in_a_line_and_the_next_slot_is_run(
    commands: Commands, hourly: Job, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    schedule = Schedule(commands, [hourly], clock=clock)
    work.also = lambda: 1 // 0
    schedule.run_due(hourly)
    work.also = lambda: None
    clock.now += HOUR
    schedule.run_due(hourly)
    assert slots(commands.database, "work") == [("12:00", "failed"), ("13:00", "done")]
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.getMessage() == "work of 2026-01-30T12:00+00:00 failed: ZeroDivisionError"
    assert line.exc_info is None


def test_what_becomes_due_while_a_job_runs_is_run_after_it(
    commands: Commands, hourly: Job, work: Work
) -> None:
    clock = Clock()

    def take_an_hour() -> None:
        clock.now = max(clock.now, START + HOUR)

    work.also = take_an_hour
    Schedule(commands, [hourly], clock=clock).run_due(hourly)
    assert slots(commands.database, "work") == [("12:00", "done"), ("13:00", "done")]


def test_a_slot_waits_for_a_database_that_is_away(
    commands: Commands, hourly: Job, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = Schedule(commands, [hourly], clock=Clock(), retry_s=0.02)
    rename(commands.database, "job_claim", "away")
    running = in_thread(lambda: schedule.run_due(hourly))
    until(lambda: "waits: OperationalError" in caplog.text)
    rename(commands.database, "away", "job_claim")
    running.join(10)
    assert slots(commands.database, "work") == [("12:00", "done")]


def rename(database: Database, table: str, to: str) -> None:
    with database.writing() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))


def test_nothing_begins_after_the_end(commands: Commands, hourly: Job, work: Work) -> None:
    schedule = Schedule(commands, [hourly], clock=Clock())
    schedule.start()
    until(lambda: work.runs)
    schedule.close()
    schedule.run_due(hourly)
    assert len(work.runs) == 1
