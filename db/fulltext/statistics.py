"""How many passages there are on PostgreSQL, how long, how many hold a term or are in some sources.

Counted as long as they are few. Beyond that the number, the mean length and the frequencies of
common terms are those that the server knows from its last ANALYZE; others are counted, up to a
number: what is more frequent than that is rarer than the rarest term that the server knows.

What was asked once is kept for as long as a version is live: it hardly changes meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.fulltext.choice import quote

COUNTED_PAGES = 4_000
"""Of 8 kB: about 15,000 passages."""
SAMPLED_PAGES = 100
COUNTED = 2_000
"""Passages that are counted of a term that the server does not know the frequency of."""
KEPT = 100_000
"""Terms, of about 100 bytes each; at more, all are counted anew."""
AUDIENCES = 1_000
"""Sets of sources, of which the same holds."""
FEW = 20_000
"""Passages that can be looked at one by one; no more are counted of some sources."""

PAGES = text(
    "SELECT relpages, reltuples, pg_relation_size(oid) / current_setting('block_size')::int "
    "FROM pg_class WHERE oid = CAST('passage' AS regclass)"
)
COUNT = text("SELECT count(*), coalesce(avg(fts_length), 1) FROM passage")
SAMPLE = text("SELECT avg(fts_length) FROM passage TABLESAMPLE SYSTEM (:percent) REPEATABLE (1)")
FREQUENCIES = text(
    "SELECT term, (SELECT count(*) FROM (SELECT FROM passage WHERE fts @@ quoted::tsquery "
    "LIMIT CAST(:counted AS bigint)) AS held) "
    "FROM unnest(CAST(:terms AS text[]), CAST(:quoted AS text[])) AS t(term, quoted)"
)
INSIDE = text(
    "SELECT count(*) FROM (SELECT FROM passage WHERE source_id = ANY(CAST(:sources AS int[])) "
    "LIMIT :counted) AS counted"
)
COMMON = text(
    "SELECT known.term, known.share FROM pg_stats, "
    "unnest(most_common_elems::text::text[], most_common_elem_freqs) AS known(term, share) "
    "WHERE schemaname = ANY(current_schemas(false)) AND tablename = 'passage' "
    "AND attname = 'fts' AND known.term IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Passages of every version, the mean number of words in them, and how many of them hold each
    of the common terms, as the server estimates it; None where all is counted."""

    total: float
    mean_length: float
    common: Mapping[str, int] | None = None


def read_sizes(session: Session, counted_pages: int = COUNTED_PAGES) -> Sizes:
    """Counted in a table of at most `counted_pages`, or one that was never analyzed."""
    connection = session.connection()
    analyzed_pages, analyzed_rows, pages = connection.execute(PAGES).one()
    if pages > counted_pages and analyzed_pages:
        mean = connection.scalar(SAMPLE, {"percent": min(100.0, 100 * SAMPLED_PAGES / pages)})
        if mean is not None:
            total = max(1.0, analyzed_rows / analyzed_pages * pages)
            shares = connection.execute(COMMON)
            return Sizes(total, float(mean), {term: round(share * total) for term, share in shares})
    total, mean = connection.execute(COUNT).one()
    return Sizes(total, float(mean))


def count(
    session: Session, terms: Sequence[str], sizes: Sizes, counted: int = COUNTED
) -> dict[str, int]:
    """How many passages hold each term; of one that is not common, about `counted` at most."""
    common = sizes.common or {}
    found = {term: common[term] for term in terms if term in common}
    others = [term for term in terms if term not in found]
    if others:
        values = {"terms": others, "quoted": [quote(term) for term in others]}
        limit = None if sizes.common is None else counted
        rows = session.connection().execute(FREQUENCIES, values | {"counted": limit})
        least = min(common.values(), default=0)
        found |= {term: between(n, least) if n == limit else n for term, n in rows}
    return found


class Statistics:
    """What is known of the passages while one version is live; threads may share it."""

    def __init__(self) -> None:
        self._sizes: Sizes | None = None
        self._counts: dict[str, int] = {}
        self._inside: dict[frozenset[int], int] = {}

    def sizes(self, session: Session) -> Sizes:
        if self._sizes is None:
            self._sizes = read_sizes(session)
        return self._sizes

    def count(self, session: Session, terms: Sequence[str]) -> dict[str, int]:
        """How many passages hold each term."""
        known = {term: n for term in terms if (n := self._counts.get(term)) is not None}
        missing = [term for term in terms if term not in known]
        if missing:
            found = count(session, missing, self.sizes(session))
            if len(self._counts) + len(found) > KEPT:
                self._counts = {}
            self._counts |= found
            known |= found
        return known

    def inside(self, session: Session, sources: Collection[int]) -> int:
        """How many passages are in these sources; of more than FEW, one more."""
        which = frozenset(sources)
        counted = self._inside.get(which)
        if counted is None:
            values = {"sources": list(which), "counted": FEW + 1}
            counted = session.connection().scalar(INSIDE, values) or 0
            if len(self._inside) >= AUDIENCES:
                self._inside = {}
            self._inside[which] = counted
        return counted


class StatisticsOfVersion:
    """Those of the version that was asked about last."""

    def __init__(self) -> None:
        self._last: tuple[int | None, Statistics] = (None, Statistics())

    def of(self, version: int | None) -> Statistics:
        last = self._last
        if last[0] != version:
            self._last = last = (version, Statistics())
        return last[1]


def between(counted: int, least: int) -> int:
    """A frequency of at least `counted`, where the rarest that the server knows has `least`."""
    return round(math.sqrt(counted * max(counted, least)))
