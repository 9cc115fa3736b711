"""The plain data of the loop's first half: a rated answer, and what was wrong with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

from db.interactions import InteractionRecord

Signal = Literal["down", "up", "correction", "abstained", "asked_again"]
"""What makes a cycle look at an answer; `asked_again`: by the same person within minutes."""

Cause = Literal[
    "no_document",
    "not_retrieved",
    "ranked_low",
    "misread",
    "stale",
    "not_allowed",
    "wrongly_refused",
    "should_have_refused",
    "unclear",
]
"""Why an answer was bad; `unclear` where the evidence does not say."""

Remedy = Literal[
    "write_page", "retriever", "generator", "abstention", "reindex", "access", "person"
]
"""What follows from a cause; `person`: somebody has to look."""


@dataclass(frozen=True, slots=True)
class GivenCorrection:
    """What a person, `author`, wrote was right; `approved` if an expert agreed, or wrote it."""

    id: int
    author: str
    fault: str
    right_answer: str | None
    right_document: str | None
    approved: bool
    written_at: dt.datetime


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """An answer with everything that people said of it."""

    record: InteractionRecord
    signals: frozenset[Signal]
    votes: dict[str, int]
    """+1 or −1 by person."""
    corrections: tuple[GivenCorrection, ...]
    rated_at: dt.datetime
    """When the latest of it was said."""
    private: bool | None = None

    @property
    def question(self) -> str:
        """As it was searched for."""
        return self.record.standalone or self.record.question


@dataclass(frozen=True, slots=True)
class GoldPassage:
    """A passage of the live index that holds the right answer, or the shown one that people liked.

    `agreement`, in 0..1, says how surely.
    """

    passage_id: int
    path: str
    title: str
    heading: str
    text: str
    agreement: float


@dataclass(frozen=True, slots=True)
class Case:
    """A rated answer with its diagnosis; a liked one has no cause."""

    answer: RatedAnswer
    cause: Cause | None
    remedy: Remedy | None
    right_answer: str | None
    """What should have been said, if anybody knows."""
    right_answer_by: str | None
    gold: tuple[GoldPassage, ...]
    """Best first; empty where no passage is known to be right."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """What the diagnosis was told from, ready for JSON."""

    @property
    def liked(self) -> bool:
        return self.cause is None
