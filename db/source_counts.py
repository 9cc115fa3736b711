"""How much each source holds, and how reading it went the last time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from db.engine import Database
from db.models import Document, JobClaim, Passage, Source
from db.passages import live_version_id, visible_in

LONGEST_LOOK_BACK = 50


@dataclass(frozen=True, slots=True)
class SourceCount:
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class LastRead:
    """When a source was last read, and what has hindered the last try if it failed."""

    read_at: dt.datetime | None = None
    error: str | None = None


def count_by_source(database: Database) -> dict[str, SourceCount]:
    """Documents and passages that the live version shows, by the name of their source."""
    with database.reading() as session:
        live = visible_in(live_version_id(session) or 0)
        by_source = select(Document.source, func.count(Document.id)).where(live)
        documents = session.execute(by_source.group_by(Document.source)).all()
        of_passages = select(Document.source, func.count(Passage.id)).join(Passage).where(live)
        counted = session.execute(of_passages.group_by(Document.source)).all()
    passages = {row[0]: row[1] for row in counted}
    return {name: SourceCount(count, passages.get(name, 0)) for name, count in documents}


def audiences(database: Database) -> dict[str, tuple[str, ...]]:
    with database.reading() as session:
        rows = session.execute(select(Source.name, Source.audience)).all()
    return {name: tuple(audience) for name, audience in rows}


def last_reads(database: Database, job: str, names: Collection[str]) -> dict[str, LastRead]:
    """What the runs of `job` say about these sources in their results, the newest first.

    A result has `sources`, each with its `name` and, if it could not be read, an `error`.
    """
    errors: dict[str, str | None] = {}
    read_at: dict[str, dt.datetime] = {}
    query = select(JobClaim.finished_at, JobClaim.result).where(JobClaim.job == job)
    newest = query.order_by(JobClaim.id.desc()).limit(LONGEST_LOOK_BACK)
    with (
        database.reading() as session,
        # A few at a time: a result lists every file that was left out, and the first may tell all.
        session.execute(newest.execution_options(yield_per=5)) as runs,
    ):
        for finished_at, result in runs:
            for source in (result or {}).get("sources", ()):
                errors.setdefault(source["name"], source.get("error"))
                if source.get("error") is None:
                    read_at.setdefault(source["name"], finished_at)
            if read_at.keys() >= set(names):
                break
    return {name: LastRead(read_at.get(name), errors[name]) for name in names if name in errors}
