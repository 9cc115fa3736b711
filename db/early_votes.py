"""Votes on messages of which it is not known yet what they answer.

A reaction names a message. It can be put under an answer that is still being written, or in the
moment before it is stored which message Slack has made of the answer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.feedback import rate_within
from db.models import EarlyVote, Interaction, Rating
from db.sql import insert_for
from db.types import utc_now

KEPT = dt.timedelta(days=1)
"""For as long; a message that is no answer by then, a greeting say, never becomes one."""


@dataclass(frozen=True, slots=True)
class Vote:
    """+1 or −1 on a message."""

    team: str
    channel: str
    ts: str
    rater: str
    value: int


def keep(database: Database, vote: Vote) -> None:
    """Store a vote until `settle` knows its answer; a person's later vote takes its place."""
    with database.writing() as session:
        place = {"team": vote.team, "channel": vote.channel, "ts": vote.ts, "rater": vote.rater}
        changed = {"value": vote.value, "voted_at": utc_now()}
        new = insert_for(session.get_bind().dialect, EarlyVote).values(**place, **changed)
        session.execute(new.on_conflict_do_update(index_elements=list(place), set_=changed))


def settle(database: Database) -> None:
    """Count the votes whose answers are known by now.

    To be called after a vote was kept and after an answer got its message, each committed: one of
    the two then sees the other's.
    """
    with database.reading() as session:
        if session.scalar(select(EarlyVote.ts).limit(1)) is None:
            return
    with database.writing() as session:
        known = and_(
            EarlyVote.team == Interaction.team,
            EarlyVote.channel == Interaction.channel,
            EarlyVote.ts == Interaction.answer_ts,
        )
        query = select(EarlyVote, Interaction.id).join(Interaction, known)
        query = query.with_for_update(of=EarlyVote, skip_locked=True)
        for vote, interaction_id in session.execute(query).all():
            count(session, vote, interaction_id)
            session.delete(vote)
        session.execute(delete(EarlyVote).where(EarlyVote.voted_at < utc_now() - KEPT))


def count(session: Session, vote: EarlyVote, interaction_id: str) -> None:
    """What the person has pressed since stays."""
    rating = session.get(Rating, (interaction_id, vote.rater))
    if rating is None or rating.rated_at < vote.voted_at:
        rate_within(session, interaction_id, vote.rater, vote.value, vote.voted_at)
