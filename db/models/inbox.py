"""Events from Slack, stored before they are acknowledged."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class InboxEvent(Base):
    """One event to work on. A mention arrives as `message` and as `app_mention`: one row."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("event_id"),
        UniqueConstraint("team", "channel", "ts"),
        Index(None, "status", "lease_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64))
    team: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    ts: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting, working, done, dropped (nothing to answer) or failed."""
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
