"""Full text search on PostgreSQL: candidates by the rarity of their terms, BM25 computed here."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

K1, B = 1.2, 0.75
LONGEST_LEXEME = 2046
"""In bytes; PostgreSQL refuses a query with a longer one."""

FREQUENCIES = text(
    "SELECT term, (SELECT count(*) FROM passage WHERE fts @@ quoted::tsquery) "
    "FROM unnest(CAST(:terms AS text[]), CAST(:quoted AS text[])) AS t(term, quoted)"
)
SIZES = text(
    "SELECT count(*), coalesce(avg(cardinality(array_remove("
    "string_to_array(heading_terms || ' ' || body_terms, ' '), ''))), 1) FROM passage"
)
CANDIDATES = text(
    "SELECT id, heading_terms || ' ' || body_terms FROM passage "
    "WHERE fts @@ CAST(:query AS tsquery) "
    "AND (CAST(:sources AS int[]) IS NULL OR source_id = ANY(CAST(:sources AS int[]))) ORDER BY ("
    "SELECT sum(weight) FROM unnest(CAST(:quoted AS text[]), CAST(:weights AS float[])) "
    "AS t(quoted, weight) WHERE fts @@ quoted::tsquery) DESC LIMIT :limit"
).bindparams(bindparam("query"), bindparam("quoted"), bindparam("weights"), bindparam("limit"))


def search_text(
    session: Session, terms: Sequence[str], limit: int, sources: Collection[int] | None
) -> list[tuple[int, float]]:
    terms = not_too_long(terms)
    quoted = [f"'{term}'" for term in terms]
    frequencies = count_terms(session, terms)
    total, mean_length = session.execute(SIZES).one()
    weights = {term: idf(total, frequencies[term]) for term in terms}
    # More candidates than asked for: the order by idf alone is BM25's only nearly.
    rows = session.execute(
        CANDIDATES,
        {
            "query": " | ".join(quoted),
            "quoted": quoted,
            "weights": [weights[term] for term in terms],
            "sources": None if sources is None else list(sources),
            "limit": 2 * limit,
        },
    )
    matches = [(row_id, bm25(words.split(), weights, float(mean_length))) for row_id, words in rows]
    return sorted(matches, key=lambda match: -match[1])[:limit]


def count_terms(session: Session, terms: Sequence[str]) -> dict[str, int]:
    short = not_too_long(terms)
    quoted = [f"'{term}'" for term in short]
    return dict(session.execute(FREQUENCIES, {"terms": short, "quoted": quoted}).all())


def not_too_long(terms: Sequence[str]) -> list[str]:
    return [term for term in terms if len(term.encode()) <= LONGEST_LEXEME]


def idf(total: int, frequency: int) -> float:
    return max(1e-6, math.log((total - frequency + 0.5) / (frequency + 0.5)))


def bm25(words: Sequence[str], weights: dict[str, float], mean_length: float) -> float:
    score = 0.0
    for term, weight in weights.items():
        frequency = words.count(term)
        length = 1 - B + B * len(words) / mean_length
        score += weight * frequency * (K1 + 1) / (frequency + K1 * length)
    return score
