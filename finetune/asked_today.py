"""Whether a question that was not answered is answered today: asked once, while nothing changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from db import diagnoses
from db.passages import live_version_id
from db.source_counts import audiences
from knowledge.answers import NOT_REACHED
from knowledge.audience import Reader
from knowledge.base import Knowledge


@dataclass(frozen=True, slots=True)
class Today:
    to_asker: bool = False
    """Whether it is answered from what the asker may read."""
    to_all: bool = False
    """Whether it is answered to somebody who may read everything."""
    asked_with: str | None = None
    """What decides it, as one hash; None where it is to be asked again."""


def asked_today(
    knowledge: Knowledge, interaction_id: str | None, question: str, reader: Reader | None
) -> Today:
    """What an earlier cycle found out with the same release, index and settings, or the answer."""
    now = asked_with(knowledge)
    return found_before(knowledge, interaction_id, now) or ask(knowledge, question, reader, now)


def asked_with(knowledge: Knowledge) -> str:
    """Everything that an answer depends on, besides the question and who reads it."""
    with knowledge.database.reading() as session:
        version = live_version_id(session)
    parts = (
        version,
        knowledge.live.current().release_id,
        sorted(audiences(knowledge.database).items()),
        knowledge.settings.model_dump_json(),
        knowledge.answerer.calibration,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def found_before(knowledge: Knowledge, interaction_id: str | None, now: str) -> Today | None:
    before = interaction_id and diagnoses.latest_of(knowledge.database, interaction_id)
    if not before or before.evidence.get("asked_with") != now:
        return None
    return Today(before.evidence["answered_now"], before.evidence["answered_to_all"], now)


def ask(knowledge: Knowledge, question: str, reader: Reader | None, now: str) -> Today:
    mine = knowledge.answer(question, reader)
    everything = mine if reader is None or not mine.abstained else knowledge.answer(question)
    reached = NOT_REACHED not in (mine.notice, everything.notice)
    return Today(not mine.abstained, not everything.abstained, now if reached else None)
