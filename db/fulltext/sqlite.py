"""Full text search by SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

SEARCH = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query ORDER BY rank LIMIT :limit"
)
SEARCH_IN = text(
    "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH :query "
    "AND rowid IN (SELECT id FROM passage WHERE source_id IN :sources) ORDER BY rank LIMIT :limit"
).bindparams(bindparam("sources", expanding=True))
FREQUENCIES = text("SELECT term, doc FROM passage_fts_vocab WHERE term IN :terms").bindparams(
    bindparam("terms", expanding=True)
)


def search_text(
    session: Session, terms: Sequence[str], limit: int, sources: Collection[int] | None
) -> list[tuple[int, float]]:
    values = {"query": " OR ".join(f'"{term}"' for term in terms), "limit": limit}
    if sources is None:
        rows = session.execute(SEARCH, values)
    else:
        rows = session.execute(SEARCH_IN, {**values, "sources": list(sources)})
    return [(passage_id, score) for passage_id, score in rows]


def count_terms(session: Session, terms: Sequence[str]) -> dict[str, int]:
    return dict(session.execute(FREQUENCIES, {"terms": list(terms)}).all())
