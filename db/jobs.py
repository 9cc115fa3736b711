"""Claim a job in the database, keep the claim alive, and finish it, once for each slot."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.engine import Database, database_now
from db.inbox import affected
from db.models import JobClaim

LEASE = dt.timedelta(seconds=60)


class JobIsRunning(Exception):
    """This job is running already; wait until it has finished."""


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

    Raises JobIsRunning if the slot is taken or an earlier run of the job still holds its lease.
    """
    try:
        with database.writing() as session:
            now = database_now(session)
            close_abandoned(session, job, now)
            row = JobClaim(
                job=job,
                scheduled_for=scheduled_for or now,
                status="running",
                owner=owner,
                lease_until=now + LEASE,
                started_at=now,
            )
            session.add(row)
            session.flush()
            return Claim(row.id, job, owner, row.attempt)
    except IntegrityError as error:
        raise JobIsRunning(f"A {job} is running already; wait until it has finished.") from error


def close_abandoned(session: Session, job: str, now: dt.datetime) -> None:
    session.execute(
        update(JobClaim)
        .where(JobClaim.job == job, JobClaim.status == "running", JobClaim.lease_until < now)
        .values(status="failed", finished_at=now, error="its process ended before it had finished")
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
