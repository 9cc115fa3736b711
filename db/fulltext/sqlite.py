"""Full text search by SQLite's FTS5."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from db.fulltext.statistics import Statistics

Places = npt.NDArray[np.int64]
"""The id of a passage for each time that it holds a term."""

SEARCH = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query ORDER BY rank LIMIT :limit"
)
SEARCH_IN = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query "
    "AND rowid IN (SELECT id FROM passage WHERE source_id IN :sources) ORDER BY rank LIMIT :limit"
).bindparams(bindparam("sources", expanding=True))
# With a plus, or all that match would be looked through for each of the ids.
SCORE = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query "
    "AND +rowid IN (SELECT value FROM json_each(:ids))"
)
FREQUENCIES = text("SELECT term, doc FROM passage_fts_vocab WHERE term IN :terms").bindparams(
    bindparam("terms", expanding=True)
)
# FTS5's own totals: how many rows there are, then the terms in each column.
TOTALS = text("SELECT block FROM passage_fts_data WHERE id = 1")
MAKE_PLACES = text(
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.passage_fts_places "
    "USING fts5vocab('main', 'passage_fts', 'instance')"
)
# One long string a term: a row for each place would take four times as long.
PLACES = text(
    "SELECT value, (SELECT group_concat(doc) FROM temp.passage_fts_places WHERE term = value) "
    "FROM json_each(:terms)"
)


def weigh(session: Session, terms: Sequence[str], _known: Statistics) -> str:
    """What FTS5 is asked for; it counts and weighs the terms itself."""
    return " OR ".join(f'"{term}"' for term in terms)


def search_text(
    session: Session,
    words: str,
    limit: int,
    sources: Collection[int] | None,
    _known: Statistics,
) -> list[tuple[int, float]]:
    values = {"query": words, "limit": limit}
    if sources is None:
        rows = session.execute(SEARCH, values)
    else:
        rows = session.execute(SEARCH_IN, {**values, "sources": list(sources)})
    return [(passage_id, score) for passage_id, score in rows]


def score_text(session: Session, words: str, ids: Sequence[int]) -> list[tuple[int, float]]:
    """BM25 of these passages, without those that hold no term."""
    rows = session.execute(SCORE, {"query": words, "ids": json.dumps(list(ids))})
    return [(passage_id, score) for passage_id, score in rows]


def total(session: Session, _known: Statistics | None = None) -> int:
    """How many passages there are, without counting: FTS5 keeps the number."""
    block = session.scalar(TOTALS)
    return next(iter(decoded(block)), 0) if block else 0


def count_terms(session: Session, terms: Sequence[str], _known: Statistics) -> dict[str, int]:
    return dict(session.execute(FREQUENCIES, {"terms": list(terms)}).all())


def find_places(session: Session, terms: Sequence[str]) -> dict[str, Places]:
    """Where each term is, in passages of every version; FTS5's ranking takes ten times as long."""
    connection = session.connection()
    connection.execute(MAKE_PLACES)
    rows = connection.execute(PLACES, {"terms": json.dumps(list(terms))})
    return {term: np.fromstring(ids or "", dtype=np.int64, sep=",") for term, ids in rows}


@lru_cache(maxsize=65_536)
def decoded(data: bytes) -> tuple[int, ...]:
    """The numbers in one of FTS5's records: SQLite's variable-length integers."""
    return tuple(varints(data))


def varints(data: bytes) -> Iterator[int]:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            yield number
            number = 0
