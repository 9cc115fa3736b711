"""Full text search on PostgreSQL: candidates by the rarity of their terms, BM25 computed here.

A question's frequent words alone match half of a knowledge base. So the index is asked for the
passages that hold enough of its rare ones, and BM25 is computed over the most promising of these.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from db.fulltext.choice import choose, quote
from db.fulltext.statistics import FEW, Statistics

K1, B = 1.2, 0.75
LONGEST_LEXEME = 2046
"""In bytes; PostgreSQL refuses a query with a longer one."""
TELLING = 5
"""So many of the rarest terms choose the candidates; all of them count in the scores."""
ROOM = 1_000
"""Passages that are looked at, about: ten times as many each time if too few were found."""
SCORED, SPARE = 500, 200
"""Passages that BM25 is computed for, and how many more at least than are asked for."""
END = "\0"
"""Between texts: PostgreSQL keeps none that holds it."""
ENTRIES_OF_A_ROW = 8
"""So many entries of the index of words are read in the time of one row."""

BY_INDEX = "fts @@ CAST(:query AS tsquery)"
BY_ROW = "ts_match_vq(fts, CAST(:query AS tsquery))"
BY_ID = text(
    "SELECT id, fts_length, heading_terms, body_terms FROM passage "
    f"WHERE id = ANY(CAST(:ids AS int[])) AND {BY_ROW}"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is asked for, and what each term of it weighs."""

    frequencies: Mapping[str, int]
    weights: Mapping[str, float]
    total: float
    mean_length: float


def weigh(session: Session, terms: Sequence[str], known: Statistics) -> Words:
    sizes = known.sizes(session)
    frequencies = known.count(session, not_too_long(terms))
    weights = {term: idf(sizes.total, n) for term, n in frequencies.items() if n}
    return Words(frequencies, weights, sizes.total, sizes.mean_length)


def search_text(
    session: Session,
    words: Words,
    limit: int,
    sources: Collection[int] | None,
    known: Statistics,
    few: int = FEW,
    room: float = ROOM,
) -> list[tuple[int, float]]:
    """The best by BM25: of all that match where at most `few` could, else of about `room`."""
    inside = words.total if sources is None else known.inside(session, sources)
    room = math.inf if inside <= few else room
    # The planner takes the index of words for cheaper than it is where the terms are frequent.
    by_row = inside <= few and sum(words.frequencies.values()) > ENTRIES_OF_A_ROW * inside
    while True:
        choice = choose(words.weights, words.frequencies, words.total, room, TELLING)
        rows = candidates(session, choice.tsquery, words, limit, sources, by_row)
        if choice.everything or len(rows) >= limit:
            break
        room *= 10
    matches = scored(words, rows)
    return sorted(matches, key=lambda match: -match[1])[:limit]


def score_text(session: Session, words: Words, ids: Sequence[int]) -> list[tuple[int, float]]:
    """BM25 of these passages, without those that hold no term."""
    if not words.weights:
        return []
    query = " | ".join(quote(term) for term in words.weights)
    rows = session.connection().execute(BY_ID, {"ids": list(ids), "query": query})
    return scored(words, rows.all())


def scored(words: Words, rows: Sequence[Any]) -> list[tuple[int, float]]:
    """BM25 of these ids, lengths, headings and bodies."""
    if not rows:
        return []
    ids, lengths, headings, bodies = zip(*rows, strict=True)
    texts = [f"{heading} {body}" for heading, body in zip(headings, bodies, strict=True)]
    scores = bm25(texts, np.array(lengths), words.weights, words.mean_length)
    return list(zip(ids, scores.tolist(), strict=True))


def candidates(
    session: Session,
    query: str,
    words: Words,
    limit: int,
    sources: Collection[int] | None,
    by_row: bool = False,
) -> Sequence[tuple[int, int, str, str]]:
    """Ids, lengths and words, in the order of BM25 as if each term were there but once.

    `by_row` reads every row of the sources instead of the index of words.
    """
    if not query:
        return []
    weights = words.weights
    telling = sorted(weights, key=lambda term: -weights[term])[: 2 * TELLING]
    values = {
        "query": query,
        "sources": None if sources is None else list(sources),
        "alone": 1 + K1 * (1 - B),
        "per_word": K1 * B / words.mean_length,
        # More candidates than asked for: this order is BM25's only nearly.
        "limit": max(limit + SPARE, SCORED),
    }
    for i, term in enumerate(telling):
        values |= {f"term{i}": quote(term), f"weight{i}": weights[term]}
    statement = promising(len(telling), sources is not None, by_row)
    return session.connection().execute(statement, values).all()


@cache
def promising(terms: int, filtered: bool, by_row: bool) -> TextClause:
    """The query for candidates, in the order of the weights of so many terms that they hold."""
    gains = " + ".join(
        f"CASE WHEN fts @@ CAST(:term{i} AS tsquery) THEN CAST(:weight{i} AS float8) ELSE 0 END"
        for i in range(terms)
    )
    # The function says what the operator says, but no index is asked for it.
    matches = BY_ROW if by_row else BY_INDEX
    return text(
        f"SELECT id, fts_length, heading_terms, body_terms FROM passage WHERE {matches} "
        + ("AND source_id = ANY(CAST(:sources AS int[])) " if filtered else "")
        + f"ORDER BY ({gains}) / (:alone + :per_word * fts_length) DESC LIMIT :limit"
    )


def count_terms(session: Session, terms: Sequence[str], known: Statistics) -> dict[str, int]:
    return known.count(session, not_too_long(terms))


def total(session: Session, known: Statistics) -> int:
    return round(known.sizes(session).total)


def not_too_long(terms: Sequence[str]) -> list[str]:
    return [term for term in terms if len(term.encode()) <= LONGEST_LEXEME]


def idf(total: float, frequency: int) -> float:
    return max(1e-6, math.log((total - frequency + 0.5) / (frequency + 0.5)))


def bm25(
    texts: Sequence[str],
    lengths: npt.NDArray[np.int64],
    weights: Mapping[str, float],
    mean_length: float,
) -> npt.NDArray[np.float64]:
    """The scores of texts of so many words each, of shape (texts,)."""
    # All as one string: looking through each by itself takes longer.
    whole = f" {f' {END} '.join(texts)} "
    ends = places(whole, END)
    saturation = K1 * (1 - B + B * lengths / mean_length)
    scores = np.zeros(len(texts))
    for term, weight in weights.items():
        of_texts = np.searchsorted(ends, places(whole, term))
        frequencies = np.bincount(of_texts, minlength=len(texts))
        scores += weight * (K1 + 1) * frequencies / (frequencies + saturation)
    return scores


def places(whole: str, word: str) -> npt.NDArray[np.int64]:
    """Where a word ends wherever it is in a text."""
    sought = f" {word}"
    before, *after = whole.split(sought)
    starts = np.cumsum([len(before), *(len(part) + len(sought) for part in after)])[:-1]
    # A longer word may begin so; and where nothing is in between, the same word follows.
    is_word = [not part or part[0] == " " for part in after]
    found: npt.NDArray[np.int64] = starts[is_word] + len(sought)
    return found
