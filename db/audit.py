"""The audit trail of what admins did or tried to do."""

from __future__ import annotations

from sqlalchemy import select

from db.engine import Database
from db.models import AuditEntry


def write(
    database: Database,
    *,
    actor: str,
    surface: str,
    act: str,
    outcome: str,
    detail: str | None = None,
) -> None:
    """Add a line; outcome is allowed, refused, done or failed."""
    with database.writing() as session:
        session.add(
            AuditEntry(actor=actor, surface=surface, act=act, outcome=outcome, detail=detail)
        )


def latest(database: Database, limit: int = 20) -> list[AuditEntry]:
    """The newest lines first."""
    with database.reading() as session:
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        return list(session.scalars(query))
