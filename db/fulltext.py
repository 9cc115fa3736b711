"""Full text search over passages, scored by BM25 with the same formula on both databases.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
k1 = 1.2 and b = 0.75; SQLite computes it in FTS5, for PostgreSQL it is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

K1, B = 1.2, 0.75
LONGEST_LEXEME = 2046
"""In bytes; PostgreSQL refuses a query with a longer one."""

Match = tuple[int, float]
"""A passage's id and its BM25 score, above 0."""

SQLITE = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query ORDER BY rank LIMIT :limit"
)
SQLITE_FREQUENCIES = text(
    "SELECT term, doc FROM passage_fts_vocab WHERE term IN :terms"
).bindparams(bindparam("terms", expanding=True))
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
    "WHERE fts @@ CAST(:query AS tsquery) ORDER BY ("
    "SELECT sum(weight) FROM unnest(CAST(:quoted AS text[]), CAST(:weights AS float[])) "
    "AS t(quoted, weight) WHERE fts @@ quoted::tsquery) DESC LIMIT :limit"
).bindparams(bindparam("query"), bindparam("quoted"), bindparam("weights"), bindparam("limit"))


def search_text(session: Session, terms: Sequence[str], limit: int) -> list[Match]:
    """The passages, of every version, that hold any of `terms`, best first."""
    if not terms:
        return []
    if session.get_bind().dialect.name == "postgresql":
        return search_postgres(session, terms, limit)
    query = " OR ".join(f'"{term}"' for term in terms)
    rows = session.execute(SQLITE, {"query": query, "limit": limit})
    return [(passage_id, score) for passage_id, score in rows]


def count_terms(session: Session, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
    """How many passages there are, and how many of them hold each term."""
    total = session.scalar(text("SELECT count(*) FROM passage")) or 0
    if session.get_bind().dialect.name == "postgresql":
        short = not_too_long(terms)
        quoted = [f"'{term}'" for term in short]
        rows = session.execute(FREQUENCIES, {"terms": short, "quoted": quoted})
    else:
        rows = session.execute(SQLITE_FREQUENCIES, {"terms": list(terms)})
    return total, dict.fromkeys(terms, 0) | dict(rows.all())


def not_too_long(terms: Sequence[str]) -> list[str]:
    return [term for term in terms if len(term.encode()) <= LONGEST_LEXEME]


def search_postgres(session: Session, terms: Sequence[str], limit: int) -> list[Match]:
    terms = not_too_long(terms)
    quoted = [f"'{term}'" for term in terms]
    _, frequencies = count_terms(session, terms)
    total, mean_length = session.execute(SIZES).one()
    weights = {term: idf(total, frequencies[term]) for term in terms}
    # More candidates than asked for: the order by idf alone is BM25's only nearly.
    rows = session.execute(
        CANDIDATES,
        {
            "query": " | ".join(quoted),
            "quoted": quoted,
            "weights": [weights[term] for term in terms],
            "limit": 2 * limit,
        },
    )
    matches = [(row_id, bm25(words.split(), weights, float(mean_length))) for row_id, words in rows]
    return sorted(matches, key=lambda match: -match[1])[:limit]


def idf(total: int, frequency: int) -> float:
    return max(1e-6, math.log((total - frequency + 0.5) / (frequency + 0.5)))


def bm25(words: Sequence[str], weights: dict[str, float], mean_length: float) -> float:
    score = 0.0
    for term, weight in weights.items():
        frequency = words.count(term)
        length = 1 - B + B * len(words) / mean_length
        score += weight * frequency * (K1 + 1) / (frequency + K1 * length)
    return score
