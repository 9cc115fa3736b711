"""Votes are counted by week, causes by cycle, and only what came to a verdict has scores."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from db import cycles, diagnoses, feedback, interactions, registry
from db.diagnoses import DiagnosisRecord
from db.engine import Database
from db.interactions import InteractionRecord
from db.models import Cycle, Interaction, Release
from db.registry import ReleaseParts
from db.satisfaction import (
    CycleCauses,
    JudgedCandidate,
    Week,
    WentLive,
    causes_by_cycle,
    judged_candidates,
    votes_by_week,
    went_live,
)

ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
PARTS = ReleaseParts("embedder", "quotes", "1")
MONDAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
FIGURES = {"means": {"f1": {"champion": 0.4, "candidate": 0.5}}}


def answered(database: Database, at: dt.datetime, *votes: int) -> str:
    """An answer that so many people voted on."""
    number = interactions.record(database, ASKED)
    for rater, value in enumerate(votes):
        feedback.rate(database, number, f"U{rater}", value)
    with database.writing() as session:
        session.get_one(Interaction, number).asked_at = at
    return number


def cycle(
    database: Database, begun_at: dt.datetime, causes: tuple[str, ...] = (), **report: Any
) -> int:
    number = cycles.begin(
        database, strategy="staged", dry_run=False, requested_by="me", surface="cli"
    )
    found = [
        DiagnosisRecord(answered(database, begun_at, -1), cause, "person", {}) for cause in causes
    ]
    diagnoses.save(database, number, found)
    cycles.finish(database, number, "held", "", report=report)
    with database.writing() as session:
        session.get_one(Cycle, number).started_at = begun_at
    return number


def candidate(database: Database, cycle_id: int) -> int:
    number = registry.add_candidate(database, PARTS, parent_id=None)
    cycles.note_candidate(database, cycle_id, None, number)
    return number


def live_since(database: Database, release: int, at: dt.datetime) -> None:
    registry.promote(database, release)
    with database.writing() as session:
        session.get_one(Release, release).promoted_at = at


def test_where_nobody_has_voted_there_is_no_week(database: Database) -> None:
    answered(database, MONDAY)
    assert votes_by_week(database) == []


def test_a_week_goes_from_its_monday_to_the_end_of_its_sunday(database: Database) -> None:
    answered(database, MONDAY + 7 * DAY, 1)
    answered(database, MONDAY, 1, 1)
    answered(database, MONDAY + 7 * DAY - HOUR, -1)
    found = votes_by_week(database)
    assert found == [Week(dt.date(2026, 1, 5), 2, 1), Week(dt.date(2026, 1, 12), 1, 0)]
    assert [week.votes for week in found] == [3, 1]


def test_a_late_vote_counts_in_the_week_of_its_answer(database: Database) -> None:
    answered(database, MONDAY, -1)
    assert [week.begins for week in votes_by_week(database)] == [MONDAY.date()]


def test_the_week_of_the_beginning_is_counted_whole(database: Database) -> None:
    answered(database, MONDAY - HOUR, 1)
    answered(database, MONDAY, 1)
    answered(database, MONDAY + 5 * DAY, -1)
    assert votes_by_week(database, MONDAY + 3 * DAY) == [Week(MONDAY.date(), 1, 1)]


def test_releases_are_told_from_when_they_went_live(database: Database) -> None:
    first, second, _never = (registry.add_candidate(database, PARTS, None) for _ in range(3))
    live_since(database, first, MONDAY)
    live_since(database, second, MONDAY + DAY)
    assert went_live(database) == [WentLive(first, MONDAY), WentLive(second, MONDAY + DAY)]
    assert went_live(database, MONDAY + HOUR) == [WentLive(second, MONDAY + DAY)]


def test_causes_are_counted_by_cycle(database: Database) -> None:
    one = cycle(database, MONDAY, ("misread", "misread", "stale"))
    cycle(database, MONDAY + HOUR)
    other = cycle(database, MONDAY + DAY, ("unclear",))
    first = CycleCauses(one, MONDAY, {"misread": 2, "stale": 1})
    last = CycleCauses(other, MONDAY + DAY, {"unclear": 1})
    assert causes_by_cycle(database) == [first, last]
    assert causes_by_cycle(database, since=MONDAY + HOUR) == [last]
    assert causes_by_cycle(database, limit=1) == [last]


def test_only_a_candidate_with_a_verdict_has_scores(database: Database) -> None:
    cycle(database, MONDAY, answers=3)
    candidate(database, cycle(database, MONDAY + HOUR))
    judged = cycle(database, MONDAY + DAY, verdict={"figures": FIGURES})
    release = candidate(database, judged)
    assert judged_candidates(database) == [
        JudgedCandidate(judged, MONDAY + DAY, release, False, FIGURES)
    ]
    assert judged_candidates(database, since=MONDAY + 2 * DAY) == []


@pytest.mark.parametrize(("limit", "places"), [(8, [0, 1]), (1, [1])])
def test_the_latest_candidates_come_in_their_order(
    database: Database, limit: int, places: list[int]
) -> None:
    first, second = (cycle(database, MONDAY, verdict={"figures": FIGURES}) for _ in range(2))
    releases = [candidate(database, first), candidate(database, second)]
    live_since(database, releases[1], MONDAY)
    found = judged_candidates(database, limit=limit)
    assert [one.release_id for one in found] == [releases[place] for place in places]
    assert found[-1].went_live
