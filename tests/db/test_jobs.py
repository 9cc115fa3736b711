"""A job runs once for each slot, never twice at once, and a dead run is closed in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from db import jobs
from db.engine import Database
from db.jobs import Claim, JobIsRunning, JobStatus
from db.models import JobClaim

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def latest(database: Database, job: str = "reindex") -> JobStatus:
    status = jobs.latest(database, job)
    assert status is not None
    return status


def let_the_lease_run_out(database: Database) -> None:
    past = database.now() - dt.timedelta(seconds=1)
    with database.writing() as session:
        session.execute(update(JobClaim).values(lease_until=past))


def claim_or_none(database: Database, owner: str, slot: dt.datetime | None) -> Claim | None:
    try:
        return jobs.claim(database, "reindex", owner, slot)
    except JobIsRunning:
        return None


@pytest.mark.parametrize("slot", [NOON, None])
def test_of_replicas_that_claim_at_once_one_runs(
    database: Database, together: Callable[..., list[Any]], slot: dt.datetime | None
) -> None:
    claims = together(6, lambda n: claim_or_none(database, f"replica {n}", slot))
    assert len([claim for claim in claims if claim is not None]) == 1


def test_a_running_job_is_refused_with_a_sentence(database: Database) -> None:
    jobs.claim(database, "reindex", "w1")
    with pytest.raises(JobIsRunning, match="A reindex is running already; wait until it has"):
        jobs.claim(database, "reindex", "w2", NOON)


def test_different_jobs_run_side_by_side(database: Database) -> None:
    jobs.claim(database, "reindex", "w1", NOON)
    assert jobs.claim(database, "report", "w1", NOON).job == "report"


def test_a_slot_is_run_once(database: Database) -> None:
    assert jobs.finish(database, jobs.claim(database, "reindex", "w1", NOON), None)
    with pytest.raises(JobIsRunning):
        jobs.claim(database, "reindex", "w2", NOON)
    assert jobs.claim(database, "reindex", "w2", NOON + dt.timedelta(hours=1))


def test_a_run_is_shown_with_its_progress_and_result(database: Database) -> None:
    assert jobs.latest(database, "reindex") is None
    claim = jobs.claim(database, "reindex", "w1")
    assert latest(database).status == "running"
    assert jobs.beat(database, claim, {"done": 3, "total": 9})
    assert latest(database).progress == {"done": 3, "total": 9}
    assert jobs.beat(database, claim)
    assert latest(database).progress == {"done": 3, "total": 9}
    assert jobs.finish(database, claim, {"added": 9})
    status = latest(database)
    assert (status.job, status.status, status.result) == ("reindex", "done", {"added": 9})
    assert status.finished_at is not None
    assert status.finished_at >= status.started_at


def test_a_run_with_an_error_has_failed(database: Database) -> None:
    claim = jobs.claim(database, "reindex", "w1")
    assert jobs.finish(database, claim, None, "no documents")
    assert (latest(database).status, latest(database).error) == ("failed", "no documents")
    assert jobs.claim(database, "reindex", "w1")


def test_the_latest_run_is_the_one_begun_last(database: Database) -> None:
    jobs.finish(database, jobs.claim(database, "reindex", "w1"), {"run": 1})
    jobs.finish(database, jobs.claim(database, "reindex", "w1"), {"run": 2})
    assert latest(database).result == {"run": 2}


def test_an_abandoned_run_is_closed_by_the_next(database: Database) -> None:
    jobs.claim(database, "reindex", "dead", NOON)
    let_the_lease_run_out(database)
    later = jobs.claim(database, "reindex", "alive", NOON + dt.timedelta(hours=1))
    with database.reading() as session:
        dead = session.get_one(JobClaim, later.id - 1)
    assert (dead.status, dead.error) == ("failed", "its process ended before it had finished")
    assert latest(database).status == "running"


def test_a_run_that_lost_its_claim_can_do_nothing_more(database: Database) -> None:
    lost = jobs.claim(database, "reindex", "slow", NOON)
    let_the_lease_run_out(database)
    later = jobs.claim(database, "reindex", "alive", NOON + dt.timedelta(hours=1))
    assert not jobs.beat(database, lost, {"done": 1})
    assert not jobs.finish(database, lost, {"added": 1})
    assert latest(database).progress is None
    assert jobs.finish(database, later, None)


def test_a_beat_keeps_the_claim(database: Database) -> None:
    claim = jobs.claim(database, "reindex", "w1", NOON)
    let_the_lease_run_out(database)
    assert jobs.beat(database, claim)
    with pytest.raises(JobIsRunning):
        jobs.claim(database, "reindex", "w2", NOON + dt.timedelta(hours=1))


def test_replicas_that_find_an_abandoned_run_start_one(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    jobs.claim(database, "reindex", "dead", NOON)
    let_the_lease_run_out(database)
    slot = NOON + dt.timedelta(hours=1)
    claims = together(4, lambda n: claim_or_none(database, f"replica {n}", slot))
    assert len([claim for claim in claims if claim is not None]) == 1
