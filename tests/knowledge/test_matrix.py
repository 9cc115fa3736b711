"""The search in memory finds exactly what a plain search of everything finds, at every version."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from db import versions
from db.engine import Database, open_database
from db.passages import Half
from db.sources import keep_audiences
from db.versions import NewDocument, NewPassage
from db.view import Ids, Rows, View
from knowledge import bm25
from knowledge.bm25 import Bm25
from knowledge.embed import Vectors
from knowledge.index import CANDIDATES, Hits, PassageIndex, fuse
from knowledge.matrix import Matrix, Room, load_matrix
from knowledge.memory import MemorySearch
from knowledge.terms import index_terms, query_terms

SAMPLE = Path(bm25.__file__).parent / "sample" / "docs"
WORDS = " ".join(path.read_text() for path in sorted(SAMPLE.rglob("*.md"))).split()
DIMENSION = 48
PER_DOCUMENT = 5


def unit(seed: int) -> Vectors:
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector))


def some_words(seed: int, count: int) -> str:
    start = random.Random(seed).randrange(len(WORDS) - count)
    return " ".join(WORDS[start : start + count])


def passage(seed: int) -> NewPassage:
    text = some_words(seed, 40 + seed % 40)
    vector = unit(seed).astype(np.float16)
    return NewPassage(
        "Part", text, 0, len(text), None, str(seed), vector, "part", index_terms(text)
    )


def documents(numbers: Sequence[int], source: Callable[[int], str] = str) -> list[NewDocument]:
    """Of five passages each; a number stands for the words and vectors."""
    return [
        NewDocument(
            source(number),
            f"{number}.md",
            f"Page {number}",
            "",
            0,
            0,
            str(number),
            tuple(passage(PER_DOCUMENT * number + i) for i in range(PER_DOCUMENT)),
        )
        for number in numbers
    ]


def publish(database: Database, added: Sequence[NewDocument], removed: Sequence[int] = ()) -> int:
    version = versions.begin_version(database, "print", "model", DIMENSION)
    versions.add_documents(database, version, added)
    versions.switch(database, version, removed, {})
    return version


def ids_of(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {found.path: found.id for found in versions.known_documents(session, 0)}


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
QUESTIONS = [(unit(seed), query_terms(some_words(seed, 10))) for seed in range(10_000, 10_040)]


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
    paths_found(index)
    gone = [i for path, i in ids_of(database).items() if int(path.removesuffix(".md")) % 5 == 4]
    publish(database, documents(range(500, 600), source_of), gone)
    building = versions.begin_version(database, "other", "model", DIMENSION)
    versions.add_documents(database, building, documents(range(100), source_of))
    yield database, index
    database.close()


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.7, 1.0])
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
    # Scores that float32 cannot tell apart may change places: in one question of 40 at most.
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
    random = np.random.default_rng(1)
    question = unit(1)
    near = question + 1e-3 * random.normal(size=(3_000, DIMENSION)).astype(np.float32)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    matrix = bare_matrix(near)
    exact = matrix.vectors.float().numpy() @ question
    few = random.random(3_000) < 0.1

    everywhere, cosines = matrix.nearest(question, matrix.shown, 20)
    among_few, _ = matrix.nearest(question, few, 20)

    assert cosines.tolist() == pytest.approx(exact[everywhere].tolist(), abs=5e-7)
    assert exact[everywhere].tolist() == pytest.approx(sorted(exact)[:-21:-1], abs=5e-7)
    assert exact[among_few].tolist() == pytest.approx(sorted(exact[few])[:-21:-1], abs=5e-7)


@dataclass(frozen=True)
class WatchedView(View):
    """Remembers of which documents the passages were read."""

    asked: list[int] = field(default_factory=list)

    def passages(self, documents: Sequence[int]) -> Iterator[tuple[Rows, Half]]:
        self.asked.extend(documents)
        # Not super(): a dataclass with slots is made anew, and the old one is not its parent.
        return View.passages(self, documents)


@contextmanager
def watched(database: Database, version: int) -> Iterator[WatchedView]:
    with database.reading() as session:
        yield WatchedView(session, version)


def test_a_new_version_reads_only_what_is_new(database: Database) -> None:
    first = publish(database, documents(range(20)))
    with watched(database, first) as view:
        before = load_matrix(view, None)
    old = ids_of(database)
    second = publish(database, documents([20]), [old["7.md"]])
    versions.sweep(database)

    with watched(database, second) as view:
        after = load_matrix(view, before)

    assert view.asked == [ids_of(database)["20.md"]]
    assert after.vectors.data_ptr() == before.vectors.data_ptr()
    assert shown_documents(after) == set(ids_of(database).values())
    assert shown_documents(before) == set(old.values())


def test_what_is_gone_is_given_up_in_time(database: Database) -> None:
    first = publish(database, documents(range(20)))
    with watched(database, first) as view:
        before = load_matrix(view, None)
    gone = [number for path, number in ids_of(database).items() if int(path[:-3]) < 8]
    second = publish(database, documents([20]), gone)

    with watched(database, second) as view:
        after = load_matrix(view, before)

    assert len(view.asked) == 1
    assert (len(after.rows), bool(after.shown.all())) == (13 * PER_DOCUMENT, True)
    assert shown_documents(after) == set(ids_of(database).values())
    fresh = load_fresh(database, second)
    assert np.array_equal(after.vectors.numpy(), fresh.vectors.numpy())
    assert after.rows.ids.tolist() == fresh.rows.ids.tolist()


def test_a_matrix_grows_beyond_its_room(database: Database) -> None:
    first = publish(database, documents(range(3)))
    with watched(database, first) as view:
        before = load_matrix(view, None)
    second = publish(database, documents(range(3, 30)))

    with watched(database, second) as view:
        after = load_matrix(view, before)

    assert len(view.asked) == 27
    assert np.array_equal(after.vectors.numpy(), load_fresh(database, second).vectors.numpy())
    assert np.array_equal(after.vectors[: len(before.rows)].numpy(), before.vectors.numpy())


def test_two_versions_made_from_one_do_not_disturb_each_other(database: Database) -> None:
    first = publish(database, documents(range(20)))
    base = load_fresh(database, first)
    second = publish(database, documents([20]))
    with watched(database, second) as view:
        one = load_matrix(view, base)
    third = publish(database, documents([21]), [ids_of(database)["20.md"]])

    with watched(database, third) as view:
        other = load_matrix(view, base)

    assert one.vectors[-1].tolist() == passage(20 * PER_DOCUMENT + 4).vector.tolist()
    assert other.vectors[-1].tolist() == passage(21 * PER_DOCUMENT + 4).vector.tolist()


def test_a_question_goes_on_in_the_version_it_began_with(database: Database) -> None:
    search = MemorySearch()
    first = publish(database, documents(range(10)))
    with database.reading() as session:
        old = View(session, first)
        assert search.matrix(old).version == first
        second = publish(database, documents([10]), list(ids_of(database).values()))
        versions.sweep(database)
        with database.reading() as later:
            new = search.candidates(View(later, second), unit(1), ["moon"], None, 200)
        found = search.candidates(old, unit(1), ["moon"], None, 200)

    assert len(found.ids) == 10 * PER_DOCUMENT
    assert len(new.ids) == PER_DOCUMENT
    assert set(found.ids).isdisjoint(new.ids)


def test_a_version_that_is_not_kept_any_more_is_read_again(database: Database) -> None:
    search = MemorySearch()
    first = publish(database, documents(range(4)))
    with database.reading() as session:
        old = View(session, first)
        wanted = search.candidates(old, unit(1), ["moon"], None, 200)
        for number in range(4, 8):
            latest = publish(database, documents([number]), list(ids_of(database).values()))
            versions.sweep(database)
            with database.reading() as later:
                search.matrix(View(later, latest))
        found = search.candidates(old, unit(1), ["moon"], None, 200)

    assert set(found.ids) == set(wanted.ids)


def test_no_question_sees_two_versions(database: Database) -> None:
    publish(database, documents(range(12)))
    index = PassageIndex(database)
    stop = threading.Event()

    def ask(seed: int) -> list[Hits]:
        hits = [ask_once(index, seed)]
        while not stop.is_set():
            hits.append(ask_once(index, seed))
        return hits

    shown: dict[int | None, set[int]] = {}
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, seed) for seed in range(4)]
        for start in range(12, 60, 12):
            old = list(ids_of(database).values())
            version = publish(database, documents(range(start, start + 12)), old)
            shown[version] = set(ids_of(database).values())
            versions.sweep(database)
        stop.set()
        hits = [hits for future in asking for hits in future.result()]

    of_later = [found for found in hits if found.version in shown]
    assert len(of_later) > 0
    assert all(len(found.best) == 50 for found in hits)
    assert all(
        {hit.passage.document_id for hit in found.best} <= shown[found.version]
        for found in of_later
    )


def test_what_was_asked_for_longest_ago_is_forgotten_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(database, documents(range(4)))
    monkeypatch.setattr(bm25, "KEPT", 2 * 4 * PER_DOCUMENT)
    asked: list[list[str]] = []

    @dataclass(frozen=True)
    class CountingView(View):
        def places(self, terms: Sequence[str]) -> dict[str, Ids]:
            asked.append(list(terms))
            return dict.fromkeys(terms, load.rows.ids)

    with database.reading() as session:
        view = CountingView(session, version)
        load = load_matrix(view, None)
        words = Bm25(load.rows.ids, load.rows.lengths, load.shown)
        for terms in (["a", "b"], ["a"], ["c"], ["a"], ["b"]):
            words.scores(view, terms)

    assert asked == [["a", "b"], ["c"], ["b"]]


def ask_once(index: PassageIndex, seed: int) -> Hits:
    return index.search(unit(seed), ["moon", "earth"], 0.5, 50)


def paths_found(index: PassageIndex) -> set[str]:
    return {hit.passage.path for hit in ask_once(index, 1).best}


def shown_documents(matrix: Matrix) -> set[int]:
    return set(matrix.rows.documents[matrix.shown].tolist())


def load_fresh(database: Database, version: int) -> Matrix:
    with database.reading() as session:
        return load_matrix(View(session, version), None)


def bare_matrix(vectors: Vectors) -> Matrix:
    ids = np.arange(len(vectors))
    shown = np.ones(len(vectors), dtype=np.bool_)
    room = Room(len(vectors))
    room.add(vectors.astype(np.float16))
    words = Bm25(ids, ids, shown)
    return Matrix(1, Rows(ids, ids, ids, ids), shown, room.first(len(ids)), words, room)
