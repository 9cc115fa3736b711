"""The matrix follows the versions: it reads what is new, and no question sees two of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from db import versions
from db.engine import Database
from db.passages import Half
from db.view import Ids, Rows, View
from knowledge import bm25
from knowledge.bm25 import Bm25
from knowledge.index import Hits, PassageIndex
from knowledge.matrix import Matrix, load_matrix
from knowledge.memory import MemorySearch

from .made import (
    PER_DOCUMENT,
    ask_once,
    documents,
    exchange,
    ids_of,
    passage,
    publish,
    unit,
)


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
        [search_later(database, search, exchange(database, [n])) for n in range(4, 8)]
        found = search.candidates(old, unit(1), ["moon"], None, 200)

    assert set(found.ids) == set(wanted.ids)


def test_no_question_sees_two_versions(database: Database) -> None:
    publish(database, documents(range(12)))
    index = PassageIndex(database)
    stop = threading.Event()

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_until, stop, index, seed) for seed in range(4)]
        shown = dict(exchange_and_list(database, n) for n in range(12, 60, 12))
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
        [words.scores(view, terms) for terms in (["a", "b"], ["a"], ["c"], ["a"], ["b"])]

    assert asked == [["a", "b"], ["c"], ["b"]]


def exchange_and_list(database: Database, start: int) -> tuple[int, set[int]]:
    """A version of twelve documents, and their ids."""
    version = exchange(database, range(start, start + 12))
    return version, set(ids_of(database).values())


def search_later(database: Database, search: MemorySearch, version: int) -> None:
    with database.reading() as session:
        search.candidates(View(session, version), unit(1), [], None, 10)


def ask_until(stop: threading.Event, index: PassageIndex, seed: int) -> list[Hits]:
    hits = [ask_once(index, seed)]
    while not stop.is_set():
        hits.append(ask_once(index, seed))
    # Once more, such that the last version is asked too.
    return [*hits, ask_once(index, seed)]


def shown_documents(matrix: Matrix) -> set[int]:
    return set(matrix.rows.documents[matrix.shown].tolist())


def load_fresh(database: Database, version: int) -> Matrix:
    with database.reading() as session:
        return load_matrix(View(session, version), None)
