"""Keep every question with its answer and passages, and find them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session, selectinload

from db.engine import Database
from db.models import Interaction, Passage, RetrievedPassage


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """One retrieved passage as the answer used it; `citation` is its number, if it was cited."""

    passage_id: int | None
    path: str
    title: str
    uri: str
    heading: str
    text: str
    score: float
    dense_score: float
    text_score: float
    citation: int | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class InteractionRecord:
    """A question and its answer. `id` is None until it is stored."""

    question: str
    answer: str
    abstained: bool
    confidence: float
    generator: str
    surface: str
    timings_ms: dict[str, Any]
    passages: tuple[PassageRecord, ...]
    release_id: int | None = None
    index_version: int | None = None
    inbox_id: int | None = None
    team: str | None = None
    channel: str | None = None
    thread_ts: str | None = None
    question_ts: str | None = None
    answer_ts: str | None = None
    asker: str | None = None
    standalone: str = ""
    notice: str = ""
    private: bool | None = None
    """Asked where not everybody of the team may read; None if that is not known."""
    id: str | None = None
    asked_at: dt.datetime | None = field(default=None, compare=False)


def record(database: Database, new: InteractionRecord) -> str:
    """Store an answered question and return its id."""
    values = {
        name: value
        for name, value in asdict(new).items()
        if name not in ("passages", "id", "asked_at")
    }
    with database.writing() as session:
        there = passages_still_there(session, new.passages)
        row = Interaction(**values)
        row.passages = [
            RetrievedPassage(rank=rank, **without_lost_id(passage, there))
            for rank, passage in enumerate(new.passages)
        ]
        session.add(row)
        session.flush()
        return row.id


def passages_still_there(session: Session, passages: Sequence[PassageRecord]) -> set[int]:
    """A reindex may have removed a passage while the answer was written."""
    ids = [passage.passage_id for passage in passages if passage.passage_id is not None]
    query = select(Passage.id).where(Passage.id.in_(ids))
    # The lock keeps them until the interaction that points at them is stored.
    return set(session.scalars(query.with_for_update(read=True, key_share=True)))


def without_lost_id(passage: PassageRecord, there: set[int]) -> dict[str, Any]:
    values = asdict(passage)
    if passage.passage_id not in there:
        values["passage_id"] = None
    return values


def find(database: Database, interaction_id: str) -> InteractionRecord | None:
    with database.reading() as session:
        return loaded(session, Interaction.id == interaction_id)


def find_by_inbox(database: Database, inbox_id: int) -> InteractionRecord | None:
    """What an earlier attempt at the same event has already stored."""
    with database.reading() as session:
        return loaded(session, Interaction.inbox_id == inbox_id)


def find_by_answer(
    database: Database, team: str, channel: str, answer_ts: str
) -> InteractionRecord | None:
    """The interaction whose answer is this message."""
    with database.reading() as session:
        return loaded(
            session,
            and_(
                Interaction.team == team,
                Interaction.channel == channel,
                Interaction.answer_ts == answer_ts,
            ),
        )


def loaded(session: Session, condition: Any) -> InteractionRecord | None:
    query = select(Interaction).where(condition).options(selectinload(Interaction.passages))
    row = session.scalars(query).first()
    return None if row is None else to_record(row)


def to_record(row: Interaction) -> InteractionRecord:
    names = InteractionRecord.__dataclass_fields__.keys() - {"passages"}
    passages = tuple(
        PassageRecord(**{name: getattr(p, name) for name in PassageRecord.__dataclass_fields__})
        for p in row.passages
    )
    return InteractionRecord(**{name: getattr(row, name) for name in names}, passages=passages)


def mark_answered(database: Database, interaction_id: str, answer_ts: str) -> None:
    """Slack has taken the answer as message `answer_ts`."""
    with database.writing() as session:
        session.execute(
            update(Interaction).where(Interaction.id == interaction_id).values(answer_ts=answer_ts)
        )


def takes_part(database: Database, team: str, channel: str, thread_ts: str) -> bool:
    """Whether the bot has answered in this thread before."""
    with database.reading() as session:
        query = select(Interaction.id).where(
            Interaction.team == team,
            Interaction.channel == channel,
            Interaction.thread_ts == thread_ts,
        )
        return session.scalars(query.limit(1)).first() is not None


def turns_of(
    database: Database, team: str, channel: str, thread_ts: str, limit: int
) -> list[tuple[str, str]]:
    """The latest questions of a thread with their answers, oldest first."""
    query = (
        select(Interaction.question, Interaction.answer)
        .where(
            Interaction.team == team,
            Interaction.channel == channel,
            Interaction.thread_ts == thread_ts,
        )
        .order_by(Interaction.asked_at.desc(), Interaction.id)
        .limit(limit)
    )
    with database.reading() as session:
        rows = session.execute(query).all()
    return [(question, answer) for question, answer in reversed(rows)]


def recent_of(database: Database, team: str, asker: str, limit: int) -> list[InteractionRecord]:
    """A person's own latest questions, newest first."""
    with database.reading() as session:
        rows = session.scalars(
            select(Interaction)
            .where(Interaction.team == team, Interaction.asker == asker)
            .order_by(Interaction.asked_at.desc())
            .limit(limit)
            .options(selectinload(Interaction.passages))
        )
        return [to_record(row) for row in rows]


def count(database: Database, since: dt.datetime | None = None, notice: str | None = None) -> int:
    """How many questions were answered, since then, and with this notice."""
    with database.reading() as session:
        query = select(func.count()).select_from(Interaction)
        if since is not None:
            query = query.where(Interaction.asked_at >= since)
        if notice is not None:
            query = query.where(Interaction.notice == notice)
        return session.scalar(query) or 0
