"""On PostgreSQL few passages are looked at, and those are nearly always the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, select, text

from db import versions
from db.engine import Database, open_database
from db.fulltext import TextSearch, count_terms, statistics
from db.fulltext import postgres as on_postgres
from db.fulltext import sqlite as on_sqlite
from db.fulltext.choice import at_least, choose, quote
from db.fulltext.statistics import Statistics
from db.models import Passage
from db.schema import upgrade
from db.sources import source_id
from db.versions import NewDocument

Make = Callable[..., NewDocument]
WEIGHTS = {"rare": 6.0, "some": 3.0, "more": 2.5, "most": 1.0}


@pytest.fixture
def documents(document: Make) -> list[NewDocument]:
    """1,500 passages of words whose frequencies fall as those of a language do."""
    random = np.random.default_rng(1)
    ranks = random.zipf(1.3, size=(1_500, 60)) % 5_000
    passages = [" ".join(f"w{rank}" for rank in row[: 20 + n % 40]) for n, row in enumerate(ranks)]
    return [
        document(f"{n}.md", *(f"n{n + i} {p}" for i, p in enumerate(passages[n : n + 10])))
        for n in range(0, 1_500, 10)
    ]


QUESTIONS = [
    ["w3", "w40", "w411"],
    ["w1", "w2", "w900", "w17"],
    ["w5", "w6", "w7", "w8", "w9", "w10", "w11", "w120"],
    ["w33", "n77", "w1"],
]


def matches(database: Database, terms: list[str], **bounds: Any) -> list[tuple[str, float]]:
    """First words and scores of the ten best."""
    with database.reading() as session:
        dialect, known = on_sqlite if database.is_sqlite else on_postgres, Statistics()
        words = dialect.weigh(session, terms, known)
        found = dialect.search_text(session, words, 10, None, known, **bounds)
        texts = dict(session.execute(select(Passage.id, Passage.text)).all())
    return [(texts[i].split()[0], score) for i, score in found]


def test_all_that_match_are_ranked_as_sqlite_ranks_them(
    sqlite: Database,
    postgres: Database,
    documents: list[NewDocument],
    publish: Callable[..., int],
) -> None:
    publish(sqlite, documents)
    publish(postgres, documents)
    one = [matches(sqlite, terms) for terms in QUESTIONS]
    other = [matches(postgres, terms) for terms in QUESTIONS]
    assert scores(other) == pytest.approx(scores(one), rel=1e-6)
    assert [{name for name, _ in found[:5]} for found in other] == [
        {name for name, _ in found[:5]} for found in one
    ]


def test_a_word_counts_as_often_as_it_is_there(
    sqlite: Database, postgres: Database, document: Make, publish: Callable[..., int]
) -> None:
    texts = ["moon moon moon", "moon sun moon", "sun moon", "moonlight moon", "moon", "sun", "star"]
    documents = [
        document(f"{n}.md", f"n{n} {text}", heading=heading)
        for n, (text, heading) in enumerate(product(texts, ["", "moon", "sea moon"]))
    ]
    documents += [document(f"more{n}.md", f"n{n + 50} sea sky") for n in range(40)]
    publish(sqlite, documents)
    publish(postgres, documents)
    assert scores_of_all(postgres, ["moon", "sun", "sky"]) == pytest.approx(
        scores_of_all(sqlite, ["moon", "sun", "sky"]), rel=1e-6
    )


def test_the_best_are_among_the_few_that_are_looked_at(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    everything = [matches(postgres, terms) for terms in QUESTIONS]
    few = [matches(postgres, terms, few=0, room=100) for terms in QUESTIONS]
    assert [len({*a} & {*b}) >= 9 for a, b in zip(few, everything, strict=True)] == [True] * 4


def test_where_few_hold_the_rare_words_more_are_looked_at(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    found = matches(postgres, ["n7", "n8", "w1"], few=0, room=1)
    assert {name for name, _ in found[:2]} == {"n7", "n8"}
    assert len(found) == 10


def test_what_was_counted_once_is_not_counted_again(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    known = Statistics()
    with postgres.reading() as session:
        first = on_postgres.weigh(session, ["w1", "n3"], known)
        with watching(postgres) as statements:
            again = on_postgres.weigh(session, ["n3", "w1"], known)
            assert statements == []
            more = on_postgres.weigh(session, ["w1", "w2"], known)
            assert len(statements) == 1
            inside = [known.inside(session, sources) for sources in ([1, 2], [2, 1], [2])]
            assert len(statements) == 3
        fresh = on_postgres.weigh(session, ["w1", "w2"], Statistics())
    assert inside == [1_500, 1_500, 0]
    assert again.weights == first.weights
    assert more == fresh


def test_terms_beyond_those_that_are_kept_are_counted_anew(
    postgres: Database,
    documents: list[NewDocument],
    publish: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "KEPT", 2)
    publish(postgres, documents)
    known = Statistics()
    with postgres.reading() as session:
        alone = [Statistics().count(session, terms) for terms in QUESTIONS]
        assert [known.count(session, terms) for terms in QUESTIONS * 2] == alone * 2


def test_a_bounded_search_keeps_to_its_sources(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    with postgres.writing() as session:
        other = source_id(session, "other")
        session.execute(text("UPDATE passage SET source_id = :n WHERE id <= 15"), {"n": other})
    with postgres.reading() as session:
        search = on_postgres.search_text
        known = Statistics()
        words = on_postgres.weigh(session, ["w1", "w2", "w3"], known)
        found = search(session, words, 100, [other], known, few=0, room=10)
        assert search(session, words, 100, [], known, few=0, room=10) == []
    assert {i for i, _ in found} <= set(range(1, 16))
    assert len(found) >= 10


def test_estimates_of_the_server_are_near_the_counts(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    analyze(postgres)
    terms = ["w1", "w2", "w40", "n77", "nothing"]
    with postgres.reading() as session:
        counted = statistics.read_sizes(session)
        estimated = statistics.read_sizes(session, counted_pages=0)
        exact = statistics.count(session, terms, counted)
        near = statistics.count(session, terms, estimated)
    assert counted.common is None
    assert estimated.common
    assert estimated.total == pytest.approx(counted.total, rel=0.02)
    assert estimated.mean_length == pytest.approx(counted.mean_length, rel=0.02)
    assert near == pytest.approx(exact, rel=0.02, abs=1)
    assert near["nothing"] == 0


def test_of_a_term_that_the_server_does_not_know_not_all_are_counted(
    postgres: Database, document: Make, publish: Callable[..., int]
) -> None:
    """What it knows are the thousand most frequent; here w0 to w999, and `rare` is not of them."""
    every = " ".join(f"w{n}" for n in range(1_000))
    documents = [document(f"{n}.md", f"{every} n{n}") for n in range(120)]
    documents += [document(f"rare{n}.md", f"rare rare{n}") for n in range(60)]
    publish(postgres, documents)
    analyze(postgres)
    with postgres.reading() as session:
        sizes = statistics.read_sizes(session, counted_pages=0)
        few = statistics.count(session, ["w7", "rare", "n7", "no"], sizes, counted=15)
        more = statistics.count(session, ["w7", "rare", "n7", "no"], sizes, counted=100)
    assert few == {"w7": 120, "rare": pytest.approx((15 * 120) ** 0.5, abs=1), "n7": 1, "no": 0}
    assert more == {"w7": 120, "rare": 60, "n7": 1, "no": 0}


@pytest.mark.parametrize("terms", [["w3", "w40", "w411"], ["w1", "w2"], ["n77"], ["nothing"]])
def test_reading_the_rows_of_a_source_finds_what_the_index_of_words_finds(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int], terms: list[str]
) -> None:
    publish(postgres, documents)
    with postgres.writing() as session:
        other = source_id(session, "other")
        session.execute(text("UPDATE passage SET source_id = :n WHERE id <= 300"), {"n": other})
    with postgres.reading() as session:
        words = on_postgres.weigh(session, terms, Statistics())
        anything = " | ".join(quote(term) for term in words.weights)
        by_row, by_index = (
            on_postgres.candidates(session, anything, words, 1_000, [other], one)
            for one in (True, False)
        )
    assert sorted(by_row) == sorted(by_index)


def test_a_table_that_was_never_analyzed_is_counted(
    make_postgres: Callable[[], str], document: Make, publish: Callable[..., int]
) -> None:
    fresh = open_database(make_postgres())
    upgrade(fresh)
    publish(fresh, [document("a.md", "apple pie", "apple")])
    with fresh.reading() as session:
        sizes = statistics.read_sizes(session, counted_pages=0)
    fresh.close()
    assert sizes == statistics.Sizes(2, 1.5)


def test_counts_follow_deletions(
    postgres: Database, documents: list[NewDocument], publish: Callable[..., int]
) -> None:
    publish(postgres, documents)
    with postgres.reading() as session:
        before = count_terms(session, ["n3", "w1"])
    with postgres.writing() as session:
        session.execute(text("DELETE FROM document WHERE path = '0.md'"))
    with postgres.reading() as session:
        after = count_terms(session, ["n3", "w1"])
    assert (before[0], before[1]["n3"]) == (1_500, 1)
    assert (after[0], after[1]["n3"]) == (1_490, 0)
    assert after[1]["w1"] < before[1]["w1"]


def test_two_writers_at_once_lose_nothing(
    postgres: Database, documents: list[NewDocument], together: Callable[..., list[Any]]
) -> None:
    version = versions.begin_version(postgres, "print", "model", 4)
    halves = [documents[:75], documents[75:]]
    together(2, lambda n: versions.add_documents(postgres, version, halves[n]))
    versions.switch(postgres, version, [], {})
    with postgres.reading() as session:
        total, counts = count_terms(session, ["n3", "n1499"])
    assert (total, counts) == (1_500, {"n3": 1, "n1499": 1})


@pytest.mark.parametrize("term", ["it's", "'", "\\'", "x' | 'y", "é", "a:*", "!a & b", "a\\"])
def test_a_quoted_term_stays_one_term(postgres: Database, term: str) -> None:
    found = text("SELECT array_to_tsvector(ARRAY[:term]) @@ CAST(:quoted AS tsquery)")
    nodes = text("SELECT numnode(CAST(:quoted AS tsquery))")
    with postgres.reading() as session:
        assert session.scalar(found, {"term": term, "quoted": quote(term)})
        assert session.scalar(nodes, {"quoted": quote(term)}) == 1


@pytest.mark.parametrize("least", [0.5, 1.0, 3.0, 3.4, 6.0, 6.1, 9.0, 12.5])
def test_what_weighs_enough_is_asked_for_and_nothing_else(postgres: Database, least: float) -> None:
    terms = [(quote(term), weight) for term, weight in WEIGHTS.items()]
    query = at_least(least, terms)
    held = [set(some) for size in range(1, 5) for some in combinations(WEIGHTS, size)]
    found = text("SELECT array_to_tsvector(CAST(:held AS text[])) @@ CAST(:query AS tsquery)")
    with postgres.reading() as session:
        answers = [session.scalar(found, {"held": list(some), "query": query}) for some in held]
    assert answers == [sum(WEIGHTS[term] for term in some) >= least for some in held]


def test_the_query_grows_with_the_room() -> None:
    frequencies = {"rare": 10, "some": 1_000, "more": 2_000, "most": 20_000}
    small = choose(WEIGHTS, frequencies, 100_000, 5, 6)
    large = choose(WEIGHTS, frequencies, 100_000, 1_500, 6)
    whole = choose(WEIGHTS, frequencies, 100_000, 100_000, 6)
    assert not small.everything
    assert not large.everything
    assert small.tsquery.startswith("'rare' & ")
    assert large.tsquery.startswith("'rare' | ")
    assert (whole.tsquery, whole.everything) == ("'rare' | 'some' | 'more' | 'most'", True)


def test_nothing_to_look_for_is_no_query() -> None:
    assert choose({}, {}, 100.0, 10, 6).tsquery == ""


@contextmanager
def watching(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def scores_of_all(database: Database, terms: list[str]) -> dict[str, float]:
    """Of every passage that matches, by its first word; found by name, not by a search."""
    with database.reading() as session:
        words = dict(session.execute(select(Passage.id, Passage.text)).all())
        found = TextSearch(session, terms).of(list(words))
    return {words[i].split()[0]: score for i, score in found}


def scores(found: list[list[tuple[str, float]]]) -> list[float]:
    return [score for one in found for _, score in one]


def analyze(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE passage"))
