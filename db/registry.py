"""Releases: which one answers now, which ones wait, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.engine import Database
from db.models import Release
from db.sql import take_turns
from db.types import utc_now

# Any constant will do, if nothing else takes turns on it.
RELEASE_TURN = 7_305_469
SETTINGS = ("embedding_model", "generator", "prompt_version")
"""What the settings decide about a release; the rest is learnt."""


class UnknownRelease(Exception):
    """There is no release of that number."""

    def __init__(self, release_id: int) -> None:
        super().__init__(f"There is no release {release_id}: lorebot releases lists them.")


class NotPromotable(Exception):
    """That release cannot go live; the message says why."""


class NothingToRollBack(Exception):
    """The live release was not made from another one."""

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to roll back to: the live release was not made from another one."
        )


@dataclass(frozen=True, slots=True)
class ReleaseParts:
    """What a release is made of."""

    embedding_model: str
    generator: str
    prompt_version: str
    retriever_adapter: str | None = None
    generator_adapter: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release as it is stored; `status` is candidate, live, retired or rejected."""

    id: int
    status: str
    embedding_model: str
    generator: str
    prompt_version: str
    retriever_adapter: str | None
    generator_adapter: str | None
    index_version: int | None
    parent_id: int | None
    note: str
    created_at: dt.datetime
    promoted_at: dt.datetime | None

    @property
    def parts(self) -> ReleaseParts:
        return ReleaseParts(**{name: getattr(self, name) for name in PARTS})

    @property
    def adapters(self) -> tuple[str, ...]:
        """The names of the folders that it needs."""
        return tuple(name for name in (self.retriever_adapter, self.generator_adapter) if name)


PARTS = tuple(ReleaseParts.__dataclass_fields__)


def live_release(database: Database) -> tuple[int, ReleaseParts] | None:
    with database.reading() as session:
        row = live_row(session)
        return None if row is None else (row.id, parts_of(row))


def live_record(database: Database) -> ReleaseRecord | None:
    with database.reading() as session:
        row = live_row(session)
        return None if row is None else to_record(row)


def find(database: Database, release_id: int) -> ReleaseRecord | None:
    with database.reading() as session:
        row = session.get(Release, release_id)
        return None if row is None else to_record(row)


def releases(database: Database, limit: int = 20) -> list[ReleaseRecord]:
    """The newest first."""
    with database.reading() as session:
        rows = session.scalars(select(Release).order_by(Release.id.desc()).limit(limit))
        return [to_record(row) for row in rows]


def adapters_in_use(database: Database) -> set[str]:
    """The names of the folders that a release may still need; a rejected one never will."""
    with database.reading() as session:
        rows = session.scalars(select(Release).where(Release.status != "rejected"))
        return {name for row in rows for name in to_record(row).adapters}


def retrievers_serving(database: Database) -> list[str]:
    """The retriever's adapters of the live release and of the one that a rollback returns to."""
    with database.reading() as session:
        live = live_row(session)
        parent = session.get(Release, live.parent_id) if live and live.parent_id else None
        return retrievers_of([row for row in (live, parent) if row])


def retrievers_waiting(database: Database) -> list[str]:
    """Those, and the ones of all candidates."""
    serving = retrievers_serving(database)
    with database.reading() as session:
        rows = session.scalars(select(Release).where(Release.status == "candidate"))
        return list(dict.fromkeys([*serving, *retrievers_of(rows)]))


def retrievers_of(rows: Iterable[Release]) -> list[str]:
    return list(dict.fromkeys(row.retriever_adapter for row in rows if row.retriever_adapter))


def ensure_live(database: Database, parts: ReleaseParts) -> int:
    """Make a release live that is made with these settings, and return its id.

    The live one stays where its settings are the same, whatever it has learnt. Where they are
    not, what still fits is kept: the retriever's adapter with the same embedding model, the
    generator's with the same generator and prompt.
    """
    with database.writing() as session:
        take_turns(session, RELEASE_TURN)
        row = live_row(session)
        if row is not None and settings_of(parts_of(row)) == settings_of(parts):
            return row.id
        learnt = parts if row is None else with_what_fits(parts, parts_of(row))
        parent = None
        if learnt != parts:
            # The way back, should what was kept turn out not to fit.
            parent = add(session, parts, status="retired", note="As the settings are.").id
        note = "" if row is None else "The settings have changed."
        new = add(session, learnt, parent_id=parent, note=note)
        make_live(session, new)
        return new.id


def with_what_fits(parts: ReleaseParts, old: ReleaseParts) -> ReleaseParts:
    retriever = old.retriever_adapter if parts.embedding_model == old.embedding_model else None
    written = (parts.generator, parts.prompt_version) == (old.generator, old.prompt_version)
    return replace(
        parts,
        retriever_adapter=parts.retriever_adapter or retriever,
        generator_adapter=parts.generator_adapter or (old.generator_adapter if written else None),
    )


def add_candidate(
    database: Database,
    parts: ReleaseParts,
    parent_id: int | None,
    note: str = "",
    index_version: int | None = None,
) -> int:
    """Store a release that nobody is served yet, and return its id."""
    with database.writing() as session:
        return add(session, parts, parent_id=parent_id, note=note, index_version=index_version).id


def promote(database: Database, release_id: int, note: str = "") -> ReleaseRecord:
    """Make a release live in one transaction; the note is added to its own.

    Raises UnknownRelease, NotPromotable.
    """
    with database.writing() as session:
        take_turns(session, RELEASE_TURN)
        row = known_row(session, release_id)
        if row.status != "live":
            check_promotable(row, live_row(session))
            row.note = joined(row.note, note)
            make_live(session, row)
        return to_record(row)


def check_promotable(row: Release, live: Release | None) -> None:
    if row.status == "rejected":
        raise NotPromotable(
            f"Release {row.id} was judged and not found to be better, so it does not go live: "
            "retrain to get another one."
        )
    if live is not None and settings_of(parts_of(row)) != settings_of(parts_of(live)):
        raise NotPromotable(
            f"Release {row.id} was made for {row.embedding_model}, {row.generator} and prompt "
            f"{row.prompt_version}, which are not what the settings say now: set them back first."
        )


def reject(database: Database, release_id: int, note: str = "") -> None:
    """A candidate that was judged and is not better. Raises UnknownRelease, NotPromotable."""
    with database.writing() as session:
        take_turns(session, RELEASE_TURN)
        row = known_row(session, release_id)
        if row.status not in ("candidate", "rejected"):
            raise NotPromotable(f"Release {release_id} has been live, so it cannot be rejected.")
        row.status, row.note = "rejected", joined(row.note, note)


def rollback(database: Database, note: str = "", only: int | None = None) -> ReleaseRecord:
    """Make the release live that the live one was made from; the note goes to the one that goes.

    With `only`, nothing happens unless that release is still live. Raises NothingToRollBack,
    NotPromotable.
    """
    with database.writing() as session:
        take_turns(session, RELEASE_TURN)
        live = live_row(session)
        parent = session.get(Release, live.parent_id) if live and live.parent_id else None
        if live is None or parent is None or only not in (None, live.id):
            raise NothingToRollBack
        check_promotable(parent, live)
        live.note = joined(live.note, note)
        make_live(session, parent)
        return to_record(parent)


def add(
    session: Session, parts: ReleaseParts, status: str = "candidate", **values: object
) -> Release:
    made = {name: getattr(parts, name) for name in PARTS}
    row = Release(status=status, **made, **values)
    session.add(row)
    session.flush()
    return row


def make_live(session: Session, row: Release) -> None:
    # Two statements in this order: the database allows one live row at any moment.
    session.execute(update(Release).where(Release.status == "live").values(status="retired"))
    row.status, row.promoted_at = "live", utc_now()
    session.flush()


def live_row(session: Session) -> Release | None:
    return session.scalars(select(Release).where(Release.status == "live")).first()


def known_row(session: Session, release_id: int) -> Release:
    row = session.get(Release, release_id)
    if row is None:
        raise UnknownRelease(release_id)
    return row


def parts_of(row: Release) -> ReleaseParts:
    return ReleaseParts(**{name: getattr(row, name) for name in PARTS})


def to_record(row: Release) -> ReleaseRecord:
    return ReleaseRecord(
        **{name: getattr(row, name) for name in ReleaseRecord.__dataclass_fields__}
    )


def settings_of(parts: ReleaseParts) -> tuple[str, ...]:
    return tuple(getattr(parts, name) for name in SETTINGS)


def joined(old: str, new: str) -> str:
    return " ".join(part for part in (old, new) if part)
