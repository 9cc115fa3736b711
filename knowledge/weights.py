"""How telling a word is: its inverse document frequency over the live passages."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from db.engine import Database
from db.fulltext import StatisticsOfVersion, count_terms
from db.passages import live_version_id


class TermWeights(Protocol):
    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        """The weight of each term, above 0; a rarer one weighs more."""


class LiveTermWeights:
    """Reads the frequencies from the full text index; on PostgreSQL once for each version."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = StatisticsOfVersion()

    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        with self._database.reading() as session:
            known = self._known.of(live_version_id(session))
            total, counts = count_terms(session, terms, known)
        return {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in counts.items()}


def cover(asked: Mapping[str, float], there: Collection[str]) -> float:
    """The share, by weight, of the asked terms that are there, in 0..1."""
    total = sum(asked.values())
    return sum(weight for term, weight in asked.items() if term in there) / total if total else 0.0
