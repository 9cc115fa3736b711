"""Full text search over passages, scored by BM25 with the same formula on both databases.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
k1 = 1.2 and b = 0.75; SQLite computes it in FTS5, for PostgreSQL it is computed here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import ModuleType

from sqlalchemy.orm import Session

from db.fulltext import postgres, sqlite
from db.fulltext.statistics import Statistics, StatisticsOfVersion

__all__ = ["Match", "Statistics", "StatisticsOfVersion", "TextSearch", "count_terms"]

Match = tuple[int, float]
"""A passage's id and its BM25 score, above 0."""


class TextSearch:
    """Looks for passages, of every version, that hold any of some terms."""

    def __init__(
        self, session: Session, terms: Sequence[str], known: Statistics | None = None
    ) -> None:
        """`known` is what earlier searches of the same version have counted."""
        self._session = session
        self._dialect = dialect_of(session)
        self._known = known or Statistics()
        self._words = self._dialect.weigh(session, terms, self._known) if terms else None

    def best(self, limit: int, sources: Collection[int] | None = None) -> list[Match]:
        """Best first; `sources` are the ids of the only sources to look in, None stands for all."""
        if self._words is None:
            return []
        found: list[Match] = self._dialect.search_text(
            self._session, self._words, limit, sources, self._known
        )
        return found

    def of(self, ids: Sequence[int]) -> list[Match]:
        """Those of these passages that match."""
        if self._words is None or not ids:
            return []
        found: list[Match] = self._dialect.score_text(self._session, self._words, ids)
        return found


def count_terms(
    session: Session, terms: Sequence[str], known: Statistics | None = None
) -> tuple[int, dict[str, int]]:
    """How many passages there are, and how many of them hold each term."""
    dialect, known = dialect_of(session), known or Statistics()
    counts: dict[str, int] = dialect.count_terms(session, terms, known)
    return dialect.total(session, known), dict.fromkeys(terms, 0) | counts


def dialect_of(session: Session) -> ModuleType:
    return postgres if session.get_bind().dialect.name == "postgresql" else sqlite
