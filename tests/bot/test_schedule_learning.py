"""Cycles begin by their schedule, once for all replicas, and what goes live is watched."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from sqlalchemy import text

from bot.learning import CYCLE, Learning, LearningCommands
from bot.lorebot import Lorebot
from bot.schedule import Job, Schedule, learning_jobs
from db import jobs
from finetune.request import CycleRefused, CycleRequest
from finetune.settings import TrainingSettings

from .fake_learning import FakeLearning


def noon() -> dt.datetime:
    return dt.datetime(2026, 1, 30, 12, 5, tzinfo=dt.UTC)


def loop_of(lorebot: Lorebot, *, enabled: bool = True, schedule: str = "") -> LearningCommands:
    settings = TrainingSettings(enabled=enabled, schedule=schedule)
    return LearningCommands(lorebot.commands, lorebot.learning.open_learning, settings)


def table_of(lorebot: Lorebot) -> list[Job]:
    return learning_jobs(loop_of(lorebot, schedule="0 * * * *"), retry_s=0.02)


def slots(lorebot: Lorebot) -> list[tuple[str, str, str]]:
    query = text("SELECT job, scheduled_for, status FROM job_claim ORDER BY id")
    with lorebot.database.reading() as session:
        return [(row[0], str(row[1])[11:16], row[2]) for row in session.execute(query)]


def test_a_cycle_is_run_once_for_all_replicas(
    lorebot: Lorebot, learning: FakeLearning, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    [job, _] = table_of(lorebot)
    Schedule(lorebot.commands, [job], clock=noon).run_due(job)
    Schedule(lorebot.commands, [job], clock=noon).run_due(job)
    assert learning.asked == [CycleRequest(None, False, "schedule", "schedule")]
    assert ("retrain:schedule", "12:00", "done") in slots(lorebot)
    assert "cycle 1 promoted: recall@5 rose" in caplog.text


def test_a_slot_waits_for_a_cycle_that_runs(lorebot: Lorebot, learning: FakeLearning) -> None:
    jobs.claim(lorebot.database, CYCLE, "somebody else")
    [job, _] = table_of(lorebot)
    schedule = Schedule(lorebot.commands, [job], clock=noon)
    schedule.begin(job)
    schedule.commands.stopping.wait(0.1)
    assert learning.asked == []
    schedule.commands.stopping.set()
    assert schedule.commands.stop(5)


def test_a_cycle_that_a_stop_has_ended_is_run_by_whoever_comes_next(
    lorebot: Lorebot, learning: FakeLearning
) -> None:
    learning.step_s = 0.2
    [job, _] = table_of(lorebot)
    schedule = Schedule(lorebot.commands, [job], clock=noon)
    schedule.begin(job)
    lorebot.commands.stopping.wait(0.3)
    assert lorebot.commands.stop(5)
    lorebot.commands.stopping.clear()
    schedule.run_due(job)
    assert [cycle.status for cycle in lorebot.learning.cycles()] == ["promoted", "cancelled"]
    assert ("retrain:schedule", "12:00", "done") in slots(lorebot)


def test_a_cycle_that_is_refused_is_told_and_nothing_is_raised(
    lorebot: Lorebot, learning: FakeLearning, caplog: pytest.LogCaptureFixture
) -> None:
    learning.error = CycleRefused("There is nothing to learn.")
    [job, _] = table_of(lorebot)
    Schedule(lorebot.commands, [job], clock=noon).run_due(job)
    assert "failed: There is nothing to learn." in caplog.text


def test_ratings_are_watched_every_ten_minutes(lorebot: Lorebot, learning: FakeLearning) -> None:
    lorebot.learning.promote(learning.candidate(lorebot.learning.live().id), "me", "cli")
    learning.falls = True
    [watch] = learning_jobs(loop_of(lorebot))
    Schedule(lorebot.commands, [watch], clock=noon).run_due(watch)
    assert slots(lorebot) == [("watch", "12:00", "done")]
    assert lorebot.learning.live().id == 1


def test_no_cycle_is_begun_while_training_is_switched_off_and_what_is_live_is_watched(
    lorebot: Lorebot, learning: FakeLearning
) -> None:
    lorebot.learning.promote(learning.candidate(lorebot.learning.live().id), "me", "cli")
    learning.falls = True
    [watch] = learning_jobs(loop_of(lorebot, enabled=False, schedule="0 * * * *"))
    Schedule(lorebot.commands, [watch], clock=noon).run_due(watch)
    assert slots(lorebot) == [("watch", "12:00", "done")]
    assert lorebot.learning.live().id == 1
    assert learning.asked == []


def test_what_training_needs_is_not_opened_where_there_is_no_way_back(lorebot: Lorebot) -> None:
    def never() -> Learning:
        raise AssertionError

    assert LearningCommands(lorebot.commands, never, TrainingSettings()).watch() is None
