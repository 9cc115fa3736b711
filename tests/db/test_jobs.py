"""A job runs once for each slot, never twice at once, and a dead run is closed in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from db import jobs
from db.engine import Database
from db.jobs import Claim, JobIsRunning, JobStatus, SlotIsDone
from db.models import JobClaim

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


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


def test_the_slot_of_a_killed_process_is_taken_over(database: Database) -> None:
    dead = jobs.claim(database, "reindex", "dead", NOON)
    with pytest.raises(JobIsRunning):
        jobs.claim(database, "reindex", "early", NOON)
    let_the_lease_run_out(database)
    alive = jobs.claim(database, "reindex", "alive", NOON)
    assert (alive.id, alive.attempt) == (dead.id, 2)
    assert not jobs.beat(database, dead)
    assert not jobs.finish(database, dead, None)
    assert jobs.finish(database, alive, {"added": 9})
    assert latest(database).result == {"added": 9}


def test_of_replicas_that_take_a_slot_over_at_once_one_runs(
    database: Database, together: Callable[..., list[Any]]
) -> None:
    jobs.claim(database, "reindex", "dead", NOON)
    let_the_lease_run_out(database)
    claims = together(6, lambda n: claim_or_none(database, f"replica {n}", NOON))
    assert len([claim for claim in claims if claim is not None]) == 1


def test_a_slot_that_kills_whoever_runs_it_is_given_up(database: Database) -> None:
    claims = [claim_and_die(database) for _ in range(jobs.MOST_ATTEMPTS)]
    assert [claim.attempt for claim in claims] == [1, 2, 3]
    with pytest.raises(SlotIsDone):
        jobs.claim(database, "reindex", "alive", NOON)
    assert jobs.claim(database, "reindex", "alive", NOON + HOUR)


def claim_and_die(database: Database) -> Claim:
    claim = jobs.claim(database, "reindex", "dead", NOON)
    let_the_lease_run_out(database)
    return claim


def test_a_slot_that_is_handed_back_is_run_by_somebody_else(database: Database) -> None:
    claim = jobs.claim(database, "reindex", "stopped", NOON)
    assert jobs.hand_back(database, claim)
    assert jobs.claim(database, "reindex", "other", NOON).attempt == 2
    assert not jobs.hand_back(database, claim)


def test_a_slot_that_is_done_is_told_from_one_that_runs(database: Database) -> None:
    claim = jobs.claim(database, "reindex", "w1", NOON)
    jobs.finish(database, claim, None, "no documents")
    with pytest.raises(SlotIsDone, match="This reindex has been run already"):
        jobs.claim(database, "reindex", "w2", NOON)


def test_old_runs_are_forgotten_but_for_the_newest(database: Database) -> None:
    long_ago = database.now() - jobs.KEPT_FOR - HOUR
    fill(database, "watch", long_ago, jobs.KEPT_RUNS + 20)
    fill(database, "reindex", long_ago, jobs.KEPT_RUNS - 1)
    fill(database, "report", database.now(), jobs.KEPT_RUNS + 20)
    for job in ("watch", "reindex", "report"):
        jobs.claim(database, job, "w1")
    assert count(database, "watch") == jobs.KEPT_RUNS + 1
    assert count(database, "reindex") == jobs.KEPT_RUNS
    assert count(database, "report") == jobs.KEPT_RUNS + 21


def fill(database: Database, job: str, finished_at: dt.datetime, runs: int) -> None:
    times = {"lease_until": finished_at, "started_at": finished_at, "finished_at": finished_at}
    rows = [
        JobClaim(job=job, scheduled_for=NOON + n * HOUR, status="done", owner="w1", **times)
        for n in range(runs)
    ]
    with database.writing() as session:
        session.add_all(rows)


def count(database: Database, job: str) -> int:
    with database.reading() as session:
        query = select(func.count()).where(JobClaim.job == job)
        return session.scalar(query) or 0


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
