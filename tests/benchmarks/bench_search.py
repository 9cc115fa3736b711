"""Search without embedding the question, at several sizes, and beside other vector stores.

Run: python -m tests.benchmarks.bench_search [PASSAGES...]   (10000 100000, if not given)
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import numpy as np

from db.engine import Database
from knowledge import bm25
from knowledge.embed import Vectors
from knowledge.index import PassageIndex
from tests.benchmarks.bench_answer import QUESTIONS
from tests.benchmarks.memory import memory_of, memory_of_serving
from tests.benchmarks.search_data import LABELS, change, fill, questions, units
from tests.benchmarks.search_data import PER_DOCUMENT as PER
from tests.benchmarks.search_peers import PEERS, measure
from tests.benchmarks.tables import machine, print_table

SIZES = (10_000, 100_000)
ASKED = 100
TOP = 10
Question = tuple[Vectors, list[str]]
Times = tuple[float, float]
"""Median and 95th percentile, in milliseconds."""


def main(sizes: Sequence[int]) -> None:
    print(f"Measured on {machine()}; load before: {os.getloadavg()[0]:.1f}.", flush=True)
    for size in sizes:
        with tempfile.TemporaryDirectory() as home:
            path = Path(home) / "bench.db"
            database = fill(path, size)
            ours = compare_searches(database, size)
            time_loading(database, path, size)
            print_memory(database, size)
            database.close()
    compare_peers(sizes[-1], ours)


def compare_searches(database: Database, size: int) -> Sequence[float]:
    """Prints the table; gives the median of the dense searches, without and with a filter."""
    index = PassageIndex(database)
    dense: list[Question] = [(vector, []) for vector, _ in questions(ASKED, 1)]
    ask(index, dense[0])
    plain = time_of(index, dense)
    filtered = {share: time_of(index, dense, label) for share, label in LABELS.items()}
    rows = [
        ("one product of matrix and vector, numpy, float32", time_product(size)),
        ("dense", plain),
        *((f"dense, {share} of the passages", times) for share, times in filtered.items()),
        ("hybrid, its terms not asked for before", time_cold(database)),
        ("hybrid", time_of(index, questions(ASKED, 2))),
        *(
            (f"hybrid, {share} of the passages", time_of(index, questions(ASKED, 3), label))
            for share, label in LABELS.items()
        ),
    ]
    bare = rows[0][1][0]
    print_table(
        f"Search of {size:,} passages on SQLite, exact, each question asked once",
        ("search", "p50 ms", "p95 ms", "product = 1"),
        [(name, p50, p95, p50 / bare) for name, (p50, p95) in rows],
    )
    return plain[0], filtered["1 %"][0]


def time_cold(database: Database) -> Times:
    """As long as nothing is kept of earlier questions."""
    index = PassageIndex(database)
    with patch.object(bm25, "KEPT", 0):
        ask(index, questions(1, 4)[0])
        return time_of(index, questions(ASKED, 5))


def time_loading(database: Database, path: Path, size: int) -> None:
    """Of the first question, and of those after 1 % of the documents were exchanged."""
    index = PassageIndex(database)
    first, count = questions(1, 6)[0], size // PER
    rows = [("the first of a process", milliseconds(lambda: ask(index, first)))]
    some = max(1, count // 100)
    for turn in range(3):
        new = range(count + turn * some, count + (turn + 1) * some)
        change(database, path, new, list(range(turn * some + 1, (turn + 1) * some + 1)))
        dense: Question = (questions(1, 7 + turn)[0][0], [])
        rows.append(("dense, 1 % is new", milliseconds(lambda asked=dense: ask(index, asked))))
    rows.append(("hybrid after it", milliseconds(lambda: ask(index, questions(1, 20)[0]))))
    print_table(f"Questions that load vectors, {size:,} passages", ("question", "ms"), rows)


def print_memory(database: Database, size: int) -> None:
    bare = memory_of("import torch, transformers, llama_index.core")
    serving = memory_of_serving(str(database.engine.url), QUESTIONS)
    rows = [
        ("imports of torch, transformers and llama-index alone", bare),
        (f"Lorebot with {size:,} passages, loading included", serving),
    ]
    print_table("Peak memory of a process that answers", ("process", "MB"), rows)


def compare_peers(size: int, ours: Sequence[float]) -> None:
    plain, filtered = ours
    vectors = units(np.random.default_rng(1), size)
    asked = units(np.random.default_rng(2), ASKED)
    head = ("store", "load s", "p50 ms", "times ours", "p50 ms, 1 %", "times ours")
    rows: list[Sequence[object]] = [("Lorebot, dense", "", plain, 1.0, filtered, 1.0)]
    for name in PEERS:
        with tempfile.TemporaryDirectory() as home:
            found = measure(name, Path(home), vectors, asked)
        print(name, found, flush=True)
        rows.append((name, *in_columns(found, plain, filtered)))
    print_table(f"{size:,} vectors through llama-index, the ten nearest", head, rows)


def in_columns(
    found: tuple[float, float, float] | str, plain: float, filtered: float
) -> tuple[object, ...]:
    if isinstance(found, str):
        return (found, "", "", "", "")
    load, theirs, theirs_filtered = found
    return (load, theirs, theirs / plain, theirs_filtered, theirs_filtered / filtered)


def time_product(size: int) -> Times:
    random = np.random.default_rng(1)
    matrix, vector = units(random, size), units(random, 1)[0]
    return spread([milliseconds(lambda: matrix @ vector) for _ in range(ASKED)])


def time_of(index: PassageIndex, asked: Sequence[Question], label: str | None = None) -> Times:
    return spread([milliseconds(lambda q=question: ask(index, q, label)) for question in asked])


def ask(index: PassageIndex, question: Question, label: str | None = None) -> None:
    vector, terms = question
    weight = 0.5 if terms else 1.0
    found = index.search(vector, terms, weight, TOP, None if label is None else [label])
    assert len(found.best) == TOP


def milliseconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return 1000 * (perf_counter() - start)


def spread(times: Sequence[float]) -> Times:
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or SIZES)
