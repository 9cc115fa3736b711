"""What learning has brought so far: satisfaction, causes and scores, ready to say or to draw."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from db import satisfaction
from db.engine import Database
from db.satisfaction import CycleCauses, JudgedCandidate, Week, WentLive

Shown = Literal["mrr@10", "f1", "right_abstention"]

MOST_DAYS = 36_500
"""A report goes back no further than a century."""
SHOWN: tuple[Shown, ...] = ("mrr@10", "f1", "right_abstention")


@dataclass(frozen=True, slots=True)
class Gain:
    """The interval in which the candidate's gain over the champion lies."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of the release that was live and of the one that was judged against it."""

    champion: float
    candidate: float
    gain: Gain | None
    """None where the verdict keeps the means alone."""


@dataclass(frozen=True, slots=True)
class ReleaseScores:
    """What a candidate did beside the champion, on the questions of its cycle."""

    release_id: int
    cycle_id: int
    went_live: bool
    scores: dict[Shown, Score]
    """Without the metrics of which no question told."""


@dataclass(frozen=True, slots=True)
class Report:
    """Oldest first, all of it; each part is empty where there is nothing yet."""

    since: dt.datetime | None
    weeks: tuple[Week, ...]
    releases: tuple[WentLive, ...]
    cycles: tuple[CycleCauses, ...]
    candidates: tuple[ReleaseScores, ...]

    @property
    def empty(self) -> bool:
        return not (self.weeks or self.cycles or self.candidates)

    def as_json(self) -> dict[str, Any]:
        """Ready for json.dumps: times in ISO 8601."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self), default=iso))
        return values


def iso(time: dt.date) -> str:
    return time.isoformat()


def gather(database: Database, since: dt.datetime | None = None) -> Report:
    """Votes from the whole week in which `since` lies, cycles that have begun since."""
    judged = satisfaction.judged_candidates(database, since)
    return Report(
        since=since,
        weeks=tuple(satisfaction.votes_by_week(database, since)),
        releases=tuple(satisfaction.went_live(database, since)),
        cycles=tuple(satisfaction.causes_by_cycle(database, since)),
        candidates=tuple(one for one in map(release_scores, judged) if one.scores),
    )


def release_scores(judged: JudgedCandidate) -> ReleaseScores:
    found = {metric: score_of(judged.figures, metric) for metric in SHOWN}
    scores = {metric: score for metric, score in found.items() if score is not None}
    return ReleaseScores(judged.release_id, judged.cycle_id, judged.went_live, scores)


def score_of(figures: dict[str, Any], metric: Shown) -> Score | None:
    """With its interval if the verdict has one over all questions, else the plain means."""
    for difference in differences(figures):
        if difference["metric"] == metric and "low" in difference:
            gain = Gain(difference["low"], difference["high"], difference["confidence"])
            return Score(difference["champion"], difference["candidate"], gain)
    means = (figures.get("means") or {}).get(metric)
    return Score(means["champion"], means["candidate"], None) if means else None


def differences(figures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those of the verdict that were looked at over all questions."""
    other = (figures.get("guards") or {}).get("other")
    yield from (found for found in (figures.get("overall"), other) if found)
