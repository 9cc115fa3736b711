"""Who did what, for every act of an admin, allowed or refused."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class AuditEntry(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=utc_now, index=True)
    actor: Mapped[str] = mapped_column(String(64))
    surface: Mapped[str] = mapped_column(String(16))
    act: Mapped[str]
    outcome: Mapped[str] = mapped_column(String(16))
    """allowed, refused, done or failed."""
    detail: Mapped[str | None]
