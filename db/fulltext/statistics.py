"""How many passages there are on PostgreSQL, how long, and how many hold a term.

Counted as long as they are few. Beyond that the number, the mean length and the frequencies of
common terms are those that the server knows from its last ANALYZE; others are counted, up to a
number: what is more frequent than that is rarer than the rarest term that the server knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.fulltext.choice import quote

COUNTED_PAGES = 4_000
"""Of 8 kB: about 15,000 passages."""
SAMPLED_PAGES = 100
COUNTED = 2_000
"""Passages that are counted of a term that the server does not know the frequency of."""

PAGES = text(
    "SELECT relpages, reltuples, pg_relation_size(oid) / current_setting('block_size')::int "
    "FROM pg_class WHERE oid = CAST('passage' AS regclass)"
)
COUNT = text("SELECT count(*), coalesce(avg(fts_length), 1) FROM passage")
SAMPLE = text("SELECT avg(fts_length) FROM passage TABLESAMPLE SYSTEM (:percent) REPEATABLE (1)")
FREQUENCIES = text(
    "SELECT term, (SELECT count(*) FROM passage WHERE fts @@ quoted::tsquery) "
    "FROM unnest(CAST(:terms AS text[]), CAST(:quoted AS text[])) AS t(term, quoted)"
)
ESTIMATES = text(
    "WITH known AS MATERIALIZED (SELECT known.term, share FROM pg_stats, "
    "unnest(most_common_elems::text::text[], most_common_elem_freqs) AS known(term, share) "
    "WHERE schemaname = ANY(current_schemas(false)) AND tablename = 'passage' "
    "AND attname = 'fts') "
    "SELECT term, coalesce(round(share * CAST(:total AS float8)), "
    "(SELECT count(*) FROM (SELECT FROM passage WHERE fts @@ quoted::tsquery LIMIT :counted) "
    "AS held)), share IS NULL, (SELECT min(share) FROM known) * CAST(:total AS float8) "
    "FROM unnest(CAST(:terms AS text[]), CAST(:quoted AS text[])) AS t(term, quoted) "
    "LEFT JOIN known USING (term)"
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Passages of every version, and the mean number of words in them."""

    total: float
    mean_length: float
    counted: bool


def read_sizes(session: Session, counted_pages: int = COUNTED_PAGES) -> Sizes:
    """Counted in a table of at most `counted_pages`, or one that was never analyzed."""
    analyzed_pages, analyzed_rows, pages = session.execute(PAGES).one()
    if pages > counted_pages and analyzed_pages:
        mean = session.scalar(SAMPLE, {"percent": min(100.0, 100 * SAMPLED_PAGES / pages)})
        if mean is not None:
            total = max(1.0, analyzed_rows / analyzed_pages * pages)
            return Sizes(total, float(mean), counted=False)
    total, mean = session.execute(COUNT).one()
    return Sizes(total, float(mean), counted=True)


def count(
    session: Session, terms: Sequence[str], sizes: Sizes, counted: int = COUNTED
) -> dict[str, int]:
    values = {"terms": list(terms), "quoted": [quote(term) for term in terms]}
    if sizes.counted:
        return dict(session.execute(FREQUENCIES, values).all())
    rows = session.execute(ESTIMATES, {**values, "total": sizes.total, "counted": counted})
    return {
        term: between(counted, least) if unknown and found >= counted else int(found)
        for term, found, unknown, least in rows
    }


def between(counted: int, least: float | None) -> int:
    """A frequency of at least `counted`, where the rarest that the server knows has `least`."""
    return round(math.sqrt(counted * max(counted, least or 0)))
