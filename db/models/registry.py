"""Releases: what was answering, and since when."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import utc_now


class Release(Base):
    """One pairing of models, adapters and prompt. One row is live; every answer names its own."""

    __tablename__ = "release"
    __table_args__ = (
        Index(
            "uq_release_live",
            "status",
            unique=True,
            sqlite_where=text("status = 'live'"),
            postgresql_where=text("status = 'live'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    """candidate, live, retired, or rejected (judged, and not better)."""
    embedding_model: Mapped[str]
    generator: Mapped[str]
    prompt_version: Mapped[str] = mapped_column(String(16))
    retriever_adapter: Mapped[str | None]
    """The name of its folder among the adapters; None for the model as it is."""
    generator_adapter: Mapped[str | None]
    index_version: Mapped[int | None]
    """Which version of the index was live when the release was made."""
    parent_id: Mapped[int | None]
    """The release that it was made from, and to which a rollback returns."""
    note: Mapped[str] = mapped_column(server_default="")
    """Where it comes from, or why it was taken back, in a sentence."""
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    promoted_at: Mapped[dt.datetime | None]
