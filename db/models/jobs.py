"""Claims on jobs: whoever inserts the row runs the job, on any number of replicas."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class JobClaim(Base):
    """One run of one job. The lease is on the database's clock; `attempt` fences out zombies."""

    __tablename__ = "job_claim"
    __table_args__ = (
        UniqueConstraint("job", "scheduled_for"),
        Index(
            "uq_job_claim_running",
            "job",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(64))
    scheduled_for: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(16))
    """running, done or failed."""
    owner: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=1)
    lease_until: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    progress: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
