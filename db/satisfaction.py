"""How people like the answers over time, and what each cycle found and brought."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Cycle, Diagnosis, Interaction, Rating, Release
from db.signals import BEGINNING

LATEST = 8
"""More cycles than these cannot be told apart in one picture."""


@dataclass(frozen=True, slots=True)
class Week:
    """The votes on the answers of one week, which begins on a Monday in UTC."""

    begins: dt.date
    up: int
    down: int

    @property
    def votes(self) -> int:
        return self.up + self.down


@dataclass(frozen=True, slots=True)
class WentLive:
    """When a release went live the last time."""

    release_id: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class CycleCauses:
    """How many of the answers that a cycle looked at were bad for which cause."""

    cycle_id: int
    begun_at: dt.datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class JudgedCandidate:
    """A release that a cycle made, with everything its verdict was decided from."""

    cycle_id: int
    begun_at: dt.datetime
    release_id: int
    went_live: bool
    figures: dict[str, Any]


def votes_by_week(database: Database, since: dt.datetime | None = None) -> list[Week]:
    """The weeks with votes, oldest first, from the whole week in which `since` lies.

    A vote counts in the week of its answer, for it speaks of the release that gave that answer.
    """
    query = (
        select(Interaction.asked_at, Rating.value)
        .join(Interaction, Interaction.id == Rating.interaction_id)
        .where(Interaction.asked_at >= (begin_of_week(since) if since else BEGINNING))
    )
    with database.reading() as session:
        counts = Counter((monday(asked_at), value) for asked_at, value in session.execute(query))
    weeks = sorted({begins for begins, _ in counts})
    return [Week(begins, counts[begins, 1], counts[begins, -1]) for begins in weeks]


def begin_of_week(moment: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(monday(moment), dt.time(), dt.UTC)


def monday(moment: dt.datetime) -> dt.date:
    day = moment.astimezone(dt.UTC).date()
    return day - dt.timedelta(days=day.weekday())


def went_live(database: Database, since: dt.datetime | None = None) -> list[WentLive]:
    """Oldest first."""
    query = (
        select(Release.id, Release.promoted_at)
        .where(Release.promoted_at >= (since or BEGINNING))
        .order_by(Release.promoted_at, Release.id)
    )
    with database.reading() as session:
        found = session.execute(query)
        return [WentLive(number, at) for number, at in found if at is not None]


def causes_by_cycle(
    database: Database, since: dt.datetime | None = None, limit: int = LATEST
) -> list[CycleCauses]:
    """The latest cycles that found bad answers, oldest first."""
    with database.reading() as session:
        cycles = latest_diagnosed(session, since, limit)
        counted = (
            select(Diagnosis.cycle_id, Diagnosis.cause, func.count())
            .where(Diagnosis.cycle_id.in_(cycles))
            .group_by(Diagnosis.cycle_id, Diagnosis.cause)
        )
        counts: dict[int, dict[str, int]] = {}
        for cycle_id, cause, count in session.execute(counted):
            counts.setdefault(cycle_id, {})[cause] = count
    return [CycleCauses(one, cycles[one], counts[one]) for one in sorted(cycles)]


def latest_diagnosed(
    session: Session, since: dt.datetime | None, limit: int
) -> dict[int, dt.datetime]:
    """When these cycles began, by their id."""
    query = (
        select(Cycle.id, Cycle.started_at)
        .where(Cycle.started_at >= (since or BEGINNING))
        .where(Cycle.id.in_(select(Diagnosis.cycle_id)))
        .order_by(Cycle.id.desc())
        .limit(limit)
    )
    found: dict[int, dt.datetime] = dict(session.execute(query).all())
    return found


def judged_candidates(
    database: Database, since: dt.datetime | None = None, limit: int = LATEST
) -> list[JudgedCandidate]:
    """The latest that came to a verdict, oldest first."""
    with database.reading() as session:
        return list(islice(with_verdict(session, since), limit))[::-1]


def with_verdict(session: Session, since: dt.datetime | None) -> Iterator[JudgedCandidate]:
    """The newest first."""
    query = (
        select(Cycle.id, Cycle.started_at, Cycle.report, Release.id, Release.promoted_at)
        .join(Release, Release.id == Cycle.candidate_id)
        .where(Cycle.started_at >= (since or BEGINNING))
        .order_by(Cycle.id.desc())
    )
    for cycle_id, begun_at, report, release_id, promoted_at in session.execute(query):
        verdict = (report or {}).get("verdict")
        if verdict is not None:
            live = promoted_at is not None
            yield JudgedCandidate(cycle_id, begun_at, release_id, live, verdict["figures"])
