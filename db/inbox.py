"""The durable inbox: what was acknowledged to Slack is worked on, once, whatever is killed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.engine import Database, database_now
from db.models import InboxEvent, Interaction
from db.sql import insert_for

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class NewEvent:
    event_id: str
    team: str
    channel: str
    ts: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A claimed event. `attempt` is the fence: a worker that lost its lease cannot finish it."""

    id: int
    payload: dict[str, Any]
    owner: str
    attempt: int


def receive(database: Database, event: NewEvent) -> bool:
    """Store an event; False if it, or its twin for the same message, is there already."""
    with database.writing() as session:
        statement = insert_for(session.get_bind().dialect, InboxEvent).values(
            event_id=event.event_id,
            team=event.team,
            channel=event.channel,
            ts=event.ts,
            payload=event.payload,
            status="waiting",
            attempt=0,
        )
        # An INSERT's row count is not known with every driver; what it returns is.
        stored = statement.on_conflict_do_nothing().returning(InboxEvent.id)
        return session.scalar(stored) is not None


def tell_private(database: Database, team: str, channel: str, ts: str, private: bool) -> None:
    """Of the two events of a mention only one says where it was made, and it may come second.

    An answer that is there by then is told, too; one that is being written, by `settle_private`.
    """
    place = {"team": team, "channel": channel}
    with database.writing() as session:
        query = select(InboxEvent).filter_by(**place, ts=ts).with_for_update()
        row = session.scalars(query).first()
        if row is None or row.payload.get("private") is not None:
            return
        row.payload = row.payload | {"private": private}
        answered = update(Interaction).where(Interaction.inbox_id == row.id)
        session.execute(answered.values(private=private))


def settle_private(database: Database, event_id: int) -> None:
    """An answer that was begun before it was known where: what is known by now is stored."""
    with database.writing() as session:
        private = session.get_one(InboxEvent, event_id).payload.get("private")
        answered = update(Interaction).where(Interaction.inbox_id == event_id)
        session.execute(answered.values(private=private))


def withdraw(database: Database, team: str, channel: str, ts: str) -> bool:
    """Drop an unfinished event, because its message was deleted; whoever works on it loses it."""
    with database.writing() as session:
        statement = update(InboxEvent).where(
            InboxEvent.team == team,
            InboxEvent.channel == channel,
            InboxEvent.ts == ts,
            InboxEvent.status.in_(("waiting", "working")),
        )
        values = {"status": "dropped", "error": "deleted", "finished_at": database_now(session)}
        return affected(session, statement.values(**values)) == 1


def has_thread(database: Database, team: str, channel: str, thread_ts: str) -> bool:
    """Whether an event began this thread, or one in it is still worked on."""
    in_channel = and_(InboxEvent.team == team, InboxEvent.channel == channel)
    unfinished = InboxEvent.status.in_(("waiting", "working"))
    in_thread = InboxEvent.payload["thread_ts"].as_string() == thread_ts
    began = select(InboxEvent.id).where(in_channel, InboxEvent.ts == thread_ts)
    goes_on = select(InboxEvent.id).where(in_channel, unfinished, in_thread)
    with database.reading() as session:
        return any(session.scalar(query.limit(1)) is not None for query in (began, goes_on))


def anything_due(database: Database) -> bool:
    """Whether `claim` would find something: asked often, so it only reads."""
    with database.reading() as session:
        waiting = select(InboxEvent.id).where(InboxEvent.status == "waiting")
        expired = select(InboxEvent.id).where(lease_expired(database_now(session)))
        return any(session.scalar(query.limit(1)) is not None for query in (waiting, expired))


def claim(database: Database, owner: str, lease: dt.timedelta) -> WorkItem | None:
    """Take the oldest event that waits or whose worker has died, if there is one."""
    with database.writing() as session:
        now = database_now(session)
        abandon_hopeless(session, now)
        row = session.scalars(
            select(InboxEvent)
            .where(or_(InboxEvent.status == "waiting", lease_expired(now)))
            .order_by(InboxEvent.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.status, row.owner = "working", owner
        row.attempt += 1
        row.lease_until = now + lease
        return WorkItem(row.id, row.payload, owner, row.attempt)


def lease_expired(now: dt.datetime) -> Any:
    return and_(InboxEvent.status == "working", InboxEvent.lease_until < now)


def abandon_hopeless(session: Session, now: dt.datetime) -> None:
    """An event whose worker died every time would otherwise kill workers for ever."""
    session.execute(
        update(InboxEvent)
        .where(lease_expired(now), InboxEvent.attempt >= MAX_ATTEMPTS)
        .values(status="failed", finished_at=now, error=f"gave up after {MAX_ATTEMPTS} attempts")
    )


def extend(database: Database, item: WorkItem, lease: dt.timedelta) -> bool:
    """Keep a claimed event a while longer; False if another worker has taken it over."""
    with database.writing() as session:
        until = database_now(session) + lease
        return affected(session, fenced(item).values(lease_until=until)) == 1


def finish(database: Database, item: WorkItem, status: str, error: str | None = None) -> bool:
    """Close a claimed event as done, dropped or failed; False if the lease was lost."""
    with database.writing() as session:
        return finish_within(session, item, status, error)


def finish_within(session: Session, item: WorkItem, status: str, error: str | None = None) -> bool:
    values = {"status": status, "error": error, "finished_at": database_now(session)}
    return affected(session, fenced(item).values(**values)) == 1


def put_back(database: Database, item: WorkItem, delay: dt.timedelta, error: str) -> bool:
    """Let the event be tried again after `delay`; after the last attempt it has failed."""
    if item.attempt >= MAX_ATTEMPTS:
        return finish(database, item, "failed", error)
    with database.writing() as session:
        # Without an owner: a worker that stops or dies now must not cut the delay short.
        values = {"lease_until": database_now(session) + delay, "error": error, "owner": None}
        return affected(session, fenced(item).values(**values)) == 1


def release_leases(database: Database, owner: str) -> int:
    """Hand back what a stopping worker had begun, so that another takes it at once."""
    with database.writing() as session:
        mine = and_(InboxEvent.status == "working", InboxEvent.owner == owner)
        values = {"status": "waiting", "attempt": InboxEvent.attempt - 1, "owner": None}
        return affected(session, update(InboxEvent).where(mine).values(**values))


def owners(database: Database) -> set[str]:
    """Who holds leases now."""
    with database.reading() as session:
        working = select(InboxEvent.owner).where(InboxEvent.status == "working").distinct()
        return {owner for owner in session.scalars(working) if owner is not None}


def expire_leases(database: Database, owner: str) -> int:
    """End the leases of a worker that is known to be dead; its attempts still count."""
    with database.writing() as session:
        mine = and_(InboxEvent.status == "working", InboxEvent.owner == owner)
        ended = database_now(session) - dt.timedelta(seconds=1)
        return affected(session, update(InboxEvent).where(mine).values(lease_until=ended))


def count_unfinished(database: Database) -> int:
    with database.reading() as session:
        unfinished = InboxEvent.status.in_(("waiting", "working"))
        return session.scalar(select(func.count()).where(unfinished)) or 0


def fenced(item: WorkItem) -> Any:
    return update(InboxEvent).where(
        InboxEvent.id == item.id,
        InboxEvent.status == "working",
        InboxEvent.owner == item.owner,
        InboxEvent.attempt == item.attempt,
    )


def affected(session: Session, statement: Any) -> int:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
