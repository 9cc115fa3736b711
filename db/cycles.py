"""The cycles of the loop: begun, watched, ended, and found again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select, update

from db.engine import Database
from db.inbox import affected
from db.models import Cycle
from db.types import utc_now

Outcome = Literal["promoted", "held", "refused", "tried", "cancelled", "failed"]

ABANDONED = "Its process ended before it had finished; the release that was live stayed live."


@dataclass(frozen=True, slots=True)
class CycleRecord:
    id: int
    strategy: str
    status: str
    step: str
    dry_run: bool
    requested_by: str
    surface: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    collected_until: dt.datetime | None
    champion_id: int | None
    candidate_id: int | None
    progress: dict[str, Any] | None
    report: dict[str, Any] | None
    reason: str


def begin(
    database: Database, *, strategy: str, dry_run: bool, requested_by: str, surface: str
) -> int:
    """Start a cycle and return its id. Whoever calls holds the job: what still seems to run is
    closed as failed."""
    with database.writing() as session:
        session.execute(
            update(Cycle)
            .where(Cycle.status == "running")
            .values(status="failed", finished_at=utc_now(), reason=ABANDONED, progress=None)
        )
        row = Cycle(
            strategy=strategy,
            status="running",
            step="collect",
            dry_run=dry_run,
            requested_by=requested_by,
            surface=surface,
        )
        session.add(row)
        session.flush()
        return row.id


def note_step(database: Database, cycle_id: int, progress: Mapping[str, Any]) -> bool:
    """Store the step and how far it is; False if somebody wants the cycle to end."""
    with database.writing() as session:
        row = session.get_one(Cycle, cycle_id)
        row.step = str(progress["step"])
        row.progress = dict(progress)
        return not row.cancel


def note_candidate(
    database: Database, cycle_id: int, champion_id: int | None, candidate_id: int
) -> None:
    """Which releases the cycle compares, stored before any of them is judged."""
    with database.writing() as session:
        row = session.get_one(Cycle, cycle_id)
        row.champion_id = champion_id
        row.candidate_id = candidate_id


def finish(
    database: Database,
    cycle_id: int,
    status: Outcome,
    reason: str,
    *,
    report: Mapping[str, Any],
    collected_until: dt.datetime | None = None,
) -> None:
    """Close the cycle; ratings until `collected_until` have been looked at."""
    with database.writing() as session:
        row = session.get_one(Cycle, cycle_id)
        row.status = status
        row.reason = reason
        row.report = dict(report)
        row.progress = None
        row.finished_at = utc_now()
        row.collected_until = collected_until


def cancel(database: Database, cycle_id: int) -> bool:
    """Ask a running cycle to end at its next step; False if it is not running."""
    with database.writing() as session:
        asked = (
            update(Cycle).where(Cycle.id == cycle_id, Cycle.status == "running").values(cancel=True)
        )
        return affected(session, asked) == 1


def find(database: Database, cycle_id: int) -> CycleRecord | None:
    with database.reading() as session:
        row = session.get(Cycle, cycle_id)
        return None if row is None else to_record(row)


def latest(database: Database, limit: int = 20) -> list[CycleRecord]:
    """The newest first."""
    with database.reading() as session:
        rows = session.scalars(select(Cycle).order_by(Cycle.id.desc()).limit(limit))
        return [to_record(row) for row in rows]


def collected_until(database: Database) -> dt.datetime | None:
    """Up to when ratings have been learnt from; cycles that came to nothing do not count."""
    with database.reading() as session:
        query = select(func.max(Cycle.collected_until)).where(
            Cycle.status.in_(("promoted", "held"))
        )
        return session.scalar(query)


def to_record(row: Cycle) -> CycleRecord:
    return CycleRecord(**{name: getattr(row, name) for name in CycleRecord.__dataclass_fields__})
