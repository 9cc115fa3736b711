"""Why answers were bad, as each cycle found it, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from db.engine import Database
from db.models import Diagnosis, Interaction
from db.passages import batches
from db.sql import insert_for


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    interaction_id: str
    cause: str
    remedy: str
    evidence: dict[str, Any]
    """Ready for JSON."""


def save(database: Database, cycle_id: int, diagnoses: Sequence[DiagnosisRecord]) -> int:
    """Store a cycle's diagnoses and return how many; a second one of an answer takes its place.

    An answer that somebody has had deleted meanwhile is left out.
    """
    latest = {one.interaction_id: one for one in diagnoses}
    stored = 0
    with database.writing() as session:
        insert = insert_for(session.get_bind().dialect, Diagnosis)
        names = ("cause", "remedy", "evidence")
        upsert = insert.on_conflict_do_update(
            index_elements=["cycle_id", "interaction_id"],
            set_={name: insert.excluded[name] for name in names},
        )
        for some in batches(list(latest)):
            there = select(Interaction.id).where(Interaction.id.in_(some))
            ids = session.scalars(there.with_for_update(read=True, key_share=True)).all()
            rows = [{"cycle_id": cycle_id, **asdict(latest[found])} for found in ids]
            if rows:
                session.execute(upsert, rows)
            stored += len(rows)
    return stored


def of_cycle(database: Database, cycle_id: int) -> list[DiagnosisRecord]:
    """In the order in which the questions were asked."""
    query = (
        select(Diagnosis)
        .join(Interaction, Interaction.id == Diagnosis.interaction_id)
        .where(Diagnosis.cycle_id == cycle_id)
        .order_by(Interaction.asked_at, Interaction.id)
    )
    with database.reading() as session:
        return [to_record(row) for row in session.scalars(query)]


def latest_of(database: Database, interaction_id: str) -> DiagnosisRecord | None:
    """What the latest cycle found that looked at this answer."""
    query = select(Diagnosis).where(Diagnosis.interaction_id == interaction_id)
    with database.reading() as session:
        row = session.scalars(query.order_by(Diagnosis.cycle_id.desc()).limit(1)).first()
        return None if row is None else to_record(row)


def counts(database: Database, cycle_id: int) -> dict[str, int]:
    """How many answers had each cause, the most frequent first."""
    query = (
        select(Diagnosis.cause, func.count())
        .where(Diagnosis.cycle_id == cycle_id)
        .group_by(Diagnosis.cause)
        .order_by(func.count().desc(), Diagnosis.cause)
    )
    with database.reading() as session:
        found: dict[str, int] = dict(session.execute(query).all())
        return found


def to_record(row: Diagnosis) -> DiagnosisRecord:
    names = DiagnosisRecord.__dataclass_fields__
    return DiagnosisRecord(**{name: getattr(row, name) for name in names})
