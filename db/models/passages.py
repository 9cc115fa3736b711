"""The knowledge base: sources, documents, passages, and the versions in which they are visible."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base
from db.types import Vector, utc_now


class IndexVersion(Base):
    """One state of the knowledge base. Exactly one is live; a reindex builds the next beside it."""

    __tablename__ = "index_version"
    __table_args__ = (
        Index(
            "uq_index_version_live",
            "status",
            unique=True,
            sqlite_where=text("status = 'live'"),
            postgresql_where=text("status = 'live'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    """building, live or retired."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Hash of everything that decides vectors and passages: embedding model, parser, chunking."""
    model: Mapped[str]
    dimension: Mapped[int]
    started_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[dt.datetime | None]
    report: Mapped[dict[str, Any] | None]


class Source(Base):
    """Where documents come from, and who may read what was made of them."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    audience: Mapped[list[Any]]
    """`public`, ids of channels and ids of people; an empty list is nobody."""


class Document(Base):
    """One file as it was read. Visible from version `added_in` until `removed_in` (exclusive)."""

    __tablename__ = "document"
    # Ids are never used again: a reader of the old version may still hold them.
    __table_args__ = (
        Index(None, "source", "path"),
        Index(None, "removed_in"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    path: Mapped[str]
    uri: Mapped[str] = mapped_column(server_default="")
    """Where people read it, if it has an address of its own; else the source's base URL leads."""
    title: Mapped[str]
    text: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str] = mapped_column(String(64))
    added_in: Mapped[int] = mapped_column(ForeignKey("index_version.id"), index=True)
    removed_in: Mapped[int | None] = mapped_column(ForeignKey("index_version.id"))


class Passage(Base):
    """A stretch of a document: `text == document.text[start:end]`."""

    __tablename__ = "passage"
    __table_args__ = (Index(None, "text_hash"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id", ondelete="CASCADE"), index=True
    )
    source_id: Mapped[int] = mapped_column(server_default="0", index=True)
    """Its document's source: a search for what somebody may read filters by it."""
    position: Mapped[int]
    heading: Mapped[str]
    """The path of headings above the passage, joined by ' › '."""
    text: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    page: Mapped[int | None]
    text_hash: Mapped[str] = mapped_column(String(64))
    vector: Mapped[npt.NDArray[np.float16]] = mapped_column(Vector())
    heading_terms: Mapped[str]
    body_terms: Mapped[str]
    """Words as the full text index compares them: folded, stemmed, CJK as bigrams."""
