"""Full text search on PostgreSQL: candidates by the rarity of their terms, BM25 computed here.

A question's frequent words alone match half of a knowledge base. So the index is asked for the
passages that hold enough of its rare ones, and BM25 is computed over the most promising of these.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.fulltext import statistics
from db.fulltext.choice import choose, quote

K1, B = 1.2, 0.75
LONGEST_LEXEME = 2046
"""In bytes; PostgreSQL refuses a query with a longer one."""
TELLING = 6
"""So many of the rarest terms choose the candidates; all of them count in the scores."""
ROOM = 1_500
"""Passages that are looked at, about: ten times as many each time if too few were found."""
SCORED, SPARE = 800, 200
"""Passages that BM25 is computed for, and how many more at least than are asked for."""
FEW = 20_000
"""Passages of which all matches can be looked at."""

BY_ID = text(
    "SELECT id, fts_length, heading_terms, body_terms FROM passage "
    "WHERE id = ANY(CAST(:ids AS int[]))"
)
FEW_IN_SOURCES = text(
    "SELECT count(*) FROM (SELECT FROM passage WHERE source_id = ANY(CAST(:sources AS int[])) "
    "LIMIT :more) AS counted"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is asked for, and what each term of it weighs."""

    frequencies: Mapping[str, int]
    weights: Mapping[str, float]
    total: float
    mean_length: float

    def score(self, heading: str, body: str, length: int) -> float:
        return bm25(f"{heading} {body}", length, self.weights, self.mean_length)


def weigh(session: Session, terms: Sequence[str]) -> Words:
    sizes = statistics.read_sizes(session)
    frequencies = statistics.count(session, not_too_long(terms), sizes)
    weights = {term: idf(sizes.total, n) for term, n in frequencies.items() if n}
    return Words(frequencies, weights, sizes.total, sizes.mean_length)


def search_text(
    session: Session,
    words: Words,
    limit: int,
    sources: Collection[int] | None,
    few: int = FEW,
    room: float = ROOM,
) -> list[tuple[int, float]]:
    """The best by BM25: of all that match where at most `few` could, else of about `room`."""
    room = math.inf if at_most(few, session, words.total, sources) else room
    while True:
        choice = choose(words.weights, words.frequencies, words.total, room, TELLING)
        rows = candidates(session, choice.tsquery, words.weights, words.mean_length, limit, sources)
        if choice.everything or len(rows) >= limit:
            break
        room *= 10
    matches = scored(words, rows)
    return sorted(matches, key=lambda match: -match[1])[:limit]


def score_text(session: Session, words: Words, ids: Sequence[int]) -> list[tuple[int, float]]:
    """BM25 of these passages, without those that hold no term."""
    rows = session.execute(BY_ID, {"ids": list(ids)}).all()
    return [match for match in scored(words, rows) if match[1] > 0]


def scored(words: Words, rows: Iterable[Any]) -> list[tuple[int, float]]:
    return [(i, words.score(heading, body, length)) for i, length, heading, body in rows]


def at_most(few: int, session: Session, total: float, sources: Collection[int] | None) -> bool:
    """Whether there are so few passages to search in; no more of them are counted."""
    if sources is None:
        return total <= few
    values = {"sources": list(sources), "more": few + 1}
    return (session.scalar(FEW_IN_SOURCES, values) or 0) <= few


def candidates(
    session: Session,
    query: str,
    weights: Mapping[str, float],
    mean_length: float,
    limit: int,
    sources: Collection[int] | None,
) -> Sequence[tuple[int, int, str, str]]:
    """Ids, lengths and words, in the order of BM25 as if each term were there but once."""
    if not query:
        return []
    telling = sorted(weights, key=lambda term: -weights[term])[: 2 * TELLING]
    gains = " + ".join(
        f"CASE WHEN fts @@ CAST(:term{i} AS tsquery) THEN CAST(:weight{i} AS float8) ELSE 0 END"
        for i in range(len(telling))
    )
    statement = text(
        "SELECT id, fts_length, heading_terms, body_terms FROM passage "
        "WHERE fts @@ CAST(:query AS tsquery) "
        + ("" if sources is None else "AND source_id = ANY(CAST(:sources AS int[])) ")
        + f"ORDER BY ({gains}) / (:alone + :per_word * fts_length) DESC LIMIT :limit"
    )
    values = {
        "query": query,
        "sources": None if sources is None else list(sources),
        "alone": 1 + K1 * (1 - B),
        "per_word": K1 * B / mean_length,
        # More candidates than asked for: this order is BM25's only nearly.
        "limit": max(limit + SPARE, SCORED),
    }
    for i, term in enumerate(telling):
        values |= {f"term{i}": quote(term), f"weight{i}": weights[term]}
    return session.execute(statement, values).all()


def count_terms(session: Session, terms: Sequence[str]) -> dict[str, int]:
    return statistics.count(session, not_too_long(terms), statistics.read_sizes(session))


def total(session: Session) -> int:
    return round(statistics.read_sizes(session).total)


def not_too_long(terms: Sequence[str]) -> list[str]:
    return [term for term in terms if len(term.encode()) <= LONGEST_LEXEME]


def idf(total: float, frequency: int) -> float:
    return max(1e-6, math.log((total - frequency + 0.5) / (frequency + 0.5)))


def bm25(words: str, length: int, weights: Mapping[str, float], mean_length: float) -> float:
    # Two spaces between the words, so that no two share the space by which they are found.
    spaced = f" {words.replace(' ', '  ')} "
    saturation = K1 * (1 - B + B * length / mean_length)
    score = 0.0
    for term, weight in weights.items():
        if frequency := spaced.count(f" {term} "):
            score += weight * frequency * (K1 + 1) / (frequency + saturation)
    return score
