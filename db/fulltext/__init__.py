"""Full text search over passages, scored by BM25 with the same formula on both databases.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
k1 = 1.2 and b = 0.75; SQLite computes it in FTS5, for PostgreSQL it is computed here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import ModuleType

from sqlalchemy.orm import Session

from db.fulltext import postgres, sqlite

Match = tuple[int, float]
"""A passage's id and its BM25 score, above 0."""


def search_text(
    session: Session,
    terms: Sequence[str],
    limit: int,
    sources: Collection[int] | None = None,
) -> list[Match]:
    """The passages, of every version, that hold any of `terms`, best first.

    `sources` are the ids of the only sources to look in; None stands for all.
    """
    if not terms:
        return []
    matches: list[Match] = dialect_of(session).search_text(session, terms, limit, sources)
    return matches


def count_terms(session: Session, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
    """How many passages there are, and how many of them hold each term."""
    dialect = dialect_of(session)
    counts: dict[str, int] = dialect.count_terms(session, terms)
    return dialect.total(session), dict.fromkeys(terms, 0) | counts


def dialect_of(session: Session) -> ModuleType:
    return postgres if session.get_bind().dialect.name == "postgresql" else sqlite
