"""Claim a job in the database, keep the claim alive, and finish it, once for each slot.

A slot whose process was killed is taken over by whoever comes next; old runs are forgotten.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.engine import Database, database_now
from db.inbox import affected
from db.models import JobClaim

LEASE = dt.timedelta(seconds=60)
MOST_ATTEMPTS = 3
"""How many processes may die of one slot."""
KEPT_RUNS = 100
KEPT_FOR = dt.timedelta(days=7)
"""How many finished runs of a job are kept at least, and for how long all of them."""


class JobIsRunning(Exception):
    """This job is running already; wait until it has finished."""


class SlotIsDone(JobIsRunning):
    """This slot of the job has been run, by whomever."""


@dataclass(frozen=True, slots=True)
class Claim:
    id: int
    job: str
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True)
class JobStatus:
    job: str
    status: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: str | None


def claim(
    database: Database, job: str, owner: str, scheduled_for: dt.datetime | None = None
) -> Claim:
    """Claim the slot `scheduled_for` (now, for a run that somebody asked for).

    Raises SlotIsDone, JobIsRunning if an earlier run of the job still holds its lease.
    """
    try:
        with database.writing() as session:
            now = database_now(session)
            slot = scheduled_for or now
            close_abandoned(session, job, now, slot)
            forget_old(session, job, now)
            row = row_of(session, job, slot)
            row.owner, row.started_at, row.lease_until = owner, now, now + LEASE
            session.flush()
            return Claim(row.id, job, owner, row.attempt)
    except IntegrityError as error:
        raise JobIsRunning(running(job)) from error


def row_of(session: Session, job: str, slot: dt.datetime) -> JobClaim:
    """A new row, or the one that the slot's dead process has left. Raises as `claim` does."""
    here = select(JobClaim).where(JobClaim.job == job, JobClaim.scheduled_for == slot)
    row = session.scalars(here.with_for_update()).first()
    if row is None:
        row = JobClaim(job=job, scheduled_for=slot, status="running")
        session.add(row)
    elif row.status != "running":
        raise SlotIsDone(f"This {job} has been run already.")
    elif row.lease_until >= database_now(session):
        raise JobIsRunning(running(job))
    else:
        row.attempt += 1
    return row


def running(job: str) -> str:
    return f"A {job} is running already; wait until it has finished."


def close_abandoned(session: Session, job: str, now: dt.datetime, slot: dt.datetime) -> None:
    """But for what is taken over: this slot, if not too many have died of it."""
    ours = (JobClaim.scheduled_for == slot) & (JobClaim.attempt < MOST_ATTEMPTS)
    session.execute(
        update(JobClaim)
        .where(JobClaim.job == job, JobClaim.status == "running", JobClaim.lease_until < now, ~ours)
        .values(status="failed", finished_at=now, error="its process ended before it had finished")
    )


def forget_old(session: Session, job: str, now: dt.datetime) -> None:
    ids = select(JobClaim.id).where(JobClaim.job == job).order_by(JobClaim.id.desc())
    newest_too_many = ids.offset(KEPT_RUNS).limit(1).scalar_subquery()
    old = JobClaim.finished_at < now - KEPT_FOR
    session.execute(
        delete(JobClaim).where(JobClaim.job == job, JobClaim.id <= newest_too_many, old)
    )


def beat(database: Database, claim: Claim, progress: dict[str, Any] | None = None) -> bool:
    """Renew the lease and show how far the run is; False if the claim was lost."""
    with database.writing() as session:
        values: dict[str, Any] = {"lease_until": database_now(session) + LEASE}
        if progress is not None:
            values["progress"] = progress
        return affected(session, fenced(claim).values(**values)) == 1


def finish(
    database: Database, claim: Claim, result: dict[str, Any] | None, error: str | None = None
) -> bool:
    """Close the run as done, or as failed if there is an error; False if the claim was lost."""
    with database.writing() as session:
        values = {
            "status": "done" if error is None else "failed",
            "finished_at": database_now(session),
            "result": result,
            "error": error,
        }
        return affected(session, fenced(claim).values(**values)) == 1


def hand_back(database: Database, claim: Claim) -> bool:
    """Let somebody else run the slot, from now on; False if the claim was lost."""
    with database.writing() as session:
        ended = database_now(session) - dt.timedelta(seconds=1)
        return affected(session, fenced(claim).values(lease_until=ended)) == 1


def latest(database: Database, job: str) -> JobStatus | None:
    with database.reading() as session:
        query = select(JobClaim).where(JobClaim.job == job).order_by(JobClaim.id.desc()).limit(1)
        row = session.scalars(query).first()
        if row is None:
            return None
        return JobStatus(**{name: getattr(row, name) for name in JobStatus.__dataclass_fields__})


def fenced(claim: Claim) -> Any:
    return update(JobClaim).where(
        JobClaim.id == claim.id,
        JobClaim.status == "running",
        JobClaim.owner == claim.owner,
        JobClaim.attempt == claim.attempt,
    )
