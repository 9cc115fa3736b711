"""The search in memory finds what a plain search of everything finds."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from db import versions
from db.engine import Database, open_database
from db.sources import keep_audiences
from db.view import Rows
from knowledge.bm25 import Bm25
from knowledge.embed import Vectors
from knowledge.index import CANDIDATES, PassageIndex, fuse
from knowledge.matrix import Matrix
from knowledge.room import Room
from knowledge.terms import query_terms

from .made import (
    DIMENSION,
    ask_once,
    documents,
    ids_of,
    publish,
    some_words,
    unit,
)


@dataclass(frozen=True)
class Plain:
    """All shown passages in a full text table of their own, and their vectors."""

    ids: list[int]
    vectors: Vectors
    table: sqlite3.Connection

    def search(self, vector: Vectors, terms: Sequence[str], weight: float) -> list[int]:
        """The ten best ids: cosines in float32, BM25 by FTS5, the same candidates and fusion."""
        cosines = self.vectors @ vector
        query = " OR ".join(f'"{term}"' for term in terms)
        ranked = self.table.execute("SELECT rowid, -rank FROM t WHERE t MATCH ?", [query])
        ids = set(self.ids)
        matches = [match for match in ranked.fetchall() if match[0] in ids]
        by_words = dict(sorted(matches, key=lambda match: -match[1]))
        nearest = np.argsort(-cosines, kind="stable")[:CANDIDATES]
        chosen = {self.ids[row] for row in nearest} | set(list(by_words)[:CANDIDATES])
        rows = [row for row, passage_id in enumerate(self.ids) if passage_id in chosen]
        text = np.array([by_words.get(self.ids[row], 0) for row in rows], dtype=np.float32)
        scores = fuse(cosines[rows], text, weight)
        return [self.ids[rows[at]] for at in np.argsort(-scores, kind="stable")[:10]]


def open_plain(database: Database, sources: Sequence[str]) -> Plain:
    """What these sources show; BM25's weights of terms are those of all that is shown."""
    table = sqlite3.connect(":memory:")
    table.execute(
        "CREATE VIRTUAL TABLE t USING fts5(h, b, tokenize='unicode61 remove_diacritics 0')"
    )
    rows = sqlite3.connect(str(database.engine.url.database)).execute(
        "SELECT passage.id, heading_terms, body_terms, vector, source FROM passage "
        "JOIN document ON document.id = document_id JOIN index_version ON status = 'live' "
        "WHERE added_in <= index_version.id "
        "AND (removed_in IS NULL OR removed_in > index_version.id) ORDER BY passage.id"
    )
    shown = rows.fetchall()
    table.executemany("INSERT INTO t(rowid, h, b) VALUES (?, ?, ?)", [row[:3] for row in shown])
    kept = [row for row in shown if row[4] in sources]
    vectors = np.array([np.frombuffer(row[3], np.float16) for row in kept], dtype=np.float32)
    return Plain([row[0] for row in kept], vectors, table)


SOURCES = [f"source {number}" for number in range(20)]

AUDIENCES = {
    name: ["public", *["C1"] * (number == 3), *["C5"] * (number < 5)]
    for number, name in enumerate(SOURCES)
}

QUESTIONS = [(unit(seed), query_terms(some_words(seed, 10))) for seed in range(10_000, 10_030)]


def source_of(number: int) -> str:
    return SOURCES[number % 20]


@pytest.fixture(scope="module")
def large(
    empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, PassageIndex]]:
    """2,500 passages are shown; of 600 documents 100 are removed, 100 belong to a new version."""
    path = tmp_path_factory.mktemp("large") / "large.db"
    shutil.copy(empty_database, path)
    database = open_database(f"sqlite:///{path}")
    keep_audiences(database, AUDIENCES)
    publish(database, documents(range(500), source_of))
    index = PassageIndex(database)
    ask_once(index, 1)
    gone = [i for path, i in ids_of(database).items() if int(path.removesuffix(".md")) % 5 == 4]
    publish(database, documents(range(500, 600), source_of), gone)
    building = versions.begin_version(database, "other", "model", DIMENSION)
    versions.add_documents(database, building, documents(range(100), source_of))
    yield database, index
    database.close()


@pytest.mark.parametrize("weight", [0.0, 0.6, 1.0])
@pytest.mark.parametrize(
    ("label", "sources"), [("public", SOURCES), ("C5", SOURCES[:5]), ("C1", SOURCES[3:4])]
)
def test_the_ten_best_are_those_of_a_plain_search(
    large: tuple[Database, PassageIndex], label: str, sources: list[str], weight: float
) -> None:
    database, index = large
    plain = open_plain(database, sources)

    quick = [index.search(*question, weight, 10, [label]).best for question in QUESTIONS]

    found = [[hit.passage.id for hit in best] for best in quick]
    wanted = [plain.search(*question, weight) for question in QUESTIONS]
    # Scores that float32 cannot tell apart may change places: in one question of 30 at most.
    assert sum(f == w for f, w in zip(found, wanted, strict=True)) >= len(QUESTIONS) - 1


def test_scores_are_those_of_fts5(large: tuple[Database, PassageIndex]) -> None:
    database, index = large
    vector, terms = QUESTIONS[0]
    plain = open_plain(database, SOURCES)
    query = " OR ".join(f'"{term}"' for term in terms)
    ranked = plain.table.execute("SELECT rowid, -rank FROM t WHERE t MATCH ?", [query])
    scores = dict(ranked.fetchall())

    best = index.search(vector, terms, 0.0, 100).best

    assert len(best) == 100
    assert [h.text for h in best] == pytest.approx([scores[h.passage.id] for h in best], rel=1e-5)


def test_cosines_that_float16_cannot_tell_apart_are_ordered_exactly() -> None:
    vectors = np.stack([unit(seed) for seed in range(3_000)])
    matrix = bare_matrix(vectors)
    few = np.arange(3_000) % 5 == 0
    asked = [unit(seed) for seed in range(5_000, 6_000)]

    everywhere = [matrix.nearest(vector, matrix.shown, 200)[1] for vector in asked]
    among_few = [matrix.nearest(vector, few, 50)[1] for vector in asked]

    exact = matrix.vectors.float().numpy() @ np.stack(asked).T
    assert np.allclose(everywhere, -np.sort(-exact.T)[:, :200], rtol=0, atol=5e-7)
    assert np.allclose(among_few, -np.sort(-exact[few].T)[:, :50], rtol=0, atol=5e-7)


def bare_matrix(vectors: Vectors) -> Matrix:
    ids = np.arange(len(vectors))
    shown = np.ones(len(vectors), dtype=np.bool_)
    room = Room(len(vectors))
    room.add(vectors.astype(np.float16))
    words = Bm25(ids, ids, shown)
    return Matrix(1, Rows(ids, ids, ids, ids), shown, room.first(len(ids)), words, room)
