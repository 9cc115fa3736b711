"""How people liked the answers of the live release, and those of the release before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Interaction, Rating
from db.registry import live_row

VOTES_PER_PERSON = 5
"""On one release's answers: somebody who votes everything down does not decide for all."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """The answers that a release gave, and how many of them were rated down."""

    answers: int
    down: int


@dataclass(frozen=True, slots=True)
class LiveRatings:
    release_id: int
    before: Ratings
    """Of the release that the live one was made from."""
    after: Ratings


def live_ratings(database: Database) -> LiveRatings | None:
    """None where the live release was made from no other, so that there is no way back."""
    with database.reading() as session:
        live = live_row(session)
        if live is None or live.parent_id is None:
            return None
        before, after = ratings_of(session, live.parent_id), ratings_of(session, live.id)
        return LiveRatings(live.id, before, after)


def ratings_of(session: Session, release_id: int) -> Ratings:
    """An answer counts as down if more people whose votes count say so than say the contrary."""
    answers = select(func.count()).where(Interaction.release_id == release_id)
    query = (
        select(Rating.interaction_id, Rating.rater, Rating.value)
        .join(Interaction, Interaction.id == Rating.interaction_id)
        .where(Interaction.release_id == release_id)
        .order_by(Rating.rated_at, Rating.interaction_id)
    )
    votes: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for interaction_id, rater, value in session.execute(query):
        votes[rater] += 1
        if votes[rater] <= VOTES_PER_PERSON:
            said[interaction_id] += value
    return Ratings(session.scalar(answers) or 0, sum(sum_of < 0 for sum_of in said.values()))
