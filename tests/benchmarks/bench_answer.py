"""An answer over 10,000 passages: retrieving, Lorebot's own share of it, the memory of serving.

Run: python -m tests.benchmarks.bench_answer
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
from llama_index.core import Settings, StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode

from db import schema, versions
from db.engine import open_database
from knowledge.base import Knowledge, open_knowledge
from knowledge.documents import Span
from knowledge.embed import Embedder
from knowledge.fingerprint import fingerprint
from knowledge.passages import Draft, build_passages
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.memory import memory_of, memory_of_serving
from tests.benchmarks.tables import median, print_table

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
PASSAGES = 10_000
QUESTIONS = (
    "How far away is Voyager 1?",
    "Who decides whether a school class may book the dome?",
    "What happened to the oxygen tank of Apollo 13?",
    "Which rover found the blueberries?",
)


def main() -> None:
    with open_empty() as knowledge:
        texts, vectors = fill(knowledge)
        compare_retrieval(knowledge, texts, vectors)
        measure_own_share(knowledge)
        memory = memory_of_serving(str(knowledge.database.engine.url), QUESTIONS)
    bare = memory_of("import torch, transformers, llama_index.core")
    print_table(
        "Peak memory of a process that answers",
        ("process", "MB", "ratio"),
        [
            ("imports of torch, transformers and llama-index alone", bare, 1.0),
            (f"Lorebot with {PASSAGES:,} passages", memory, memory / bare),
        ],
    )


@contextmanager
def open_empty() -> Iterator[Knowledge]:
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        schema.upgrade(database)
        yield open_knowledge(database, KnowledgeSettings(documents=SAMPLE))
        database.close()


def compare_retrieval(knowledge: Knowledge, texts: list[str], vectors: np.ndarray) -> None:
    Settings.llm = None
    nodes = [
        TextNode(text=text, embedding=vector.tolist())
        for text, vector in zip(texts, vectors, strict=True)
    ]
    index = VectorStoreIndex(
        nodes, embed_model=knowledge.embedder, storage_context=StorageContext.from_defaults()
    )
    retriever = index.as_retriever(similarity_top_k=6)
    theirs = time_of(lambda question: retriever.retrieve(question))
    ours = time_of(lambda question: knowledge.retriever.find(question))
    embedding = time_of(lambda question: knowledge.embedder.embed_question(question))
    rows = [
        ("llama-index, dense only, in memory", theirs, 1.0),
        ("Lorebot, dense + BM25, SQLite", ours, theirs / ours),
        ("embedding the question alone", embedding, theirs / embedding),
    ]
    title = f"Retrieval at {PASSAGES:,} passages, embedding the question included"
    print_table(title, ("retriever", "p50 ms", "times as fast"), rows)


def measure_own_share(knowledge: Knowledge) -> None:
    """What of a quoted answer is not the embedding model at work."""
    clock = Clock()
    with patch.object(type(knowledge.embedder), "_forward", clock.around(Embedder._forward)):
        whole, own = [], []
        for question in QUESTIONS * 26:
            clock.seconds = 0.0
            start = perf_counter()
            knowledge.answer(question)
            took = perf_counter() - start
            whole.append(1000 * took)
            own.append(1000 * (took - clock.seconds))
    rows = [
        ("the whole answer", median(whole), 1.0),
        ("all but the model's passes", median(own), median(own) / median(whole)),
    ]
    print_table(f"A quoted answer, {PASSAGES:,} passages", ("part", "p50 ms", "share"), rows)


@dataclass
class Clock:
    """Adds up how long a method runs."""

    seconds: float = 0.0

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            start = perf_counter()
            try:
                return method(*arguments)
            finally:
                self.seconds += perf_counter() - start

        return timed


def fill(knowledge: Knowledge) -> tuple[list[str], np.ndarray]:
    """10,000 passages with real words and random vectors: their values do not change the speed."""
    words = " ".join(path.read_text() for path in sorted(SAMPLE.rglob("*.md"))).split()
    random = np.random.default_rng(1)
    starts = random.integers(0, len(words) - 120, PASSAGES)
    texts = [" ".join(words[start : start + 120]) for start in starts]
    vectors = random.normal(size=(PASSAGES, knowledge.embedder.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mark = fingerprint(knowledge.embedder, knowledge.settings)
    version = versions.begin_version(knowledge.database, mark, "bench", vectors.shape[1])
    drafts = [
        Draft(f"Page {i // 10}", Span(text, (f"Part {i}",), 0, len(text)))
        for i, text in enumerate(texts)
    ]
    halves = {d.text_hash: v.astype(np.float16) for d, v in zip(drafts, vectors, strict=True)}
    versions.add_documents(
        knowledge.database, version, (as_document(draft, halves) for draft in drafts)
    )
    versions.switch(knowledge.database, version, [], {})
    return texts, vectors


def as_document(draft: Draft, vectors: dict[str, np.ndarray]) -> versions.NewDocument:
    text = draft.span.text
    passages = build_passages([draft], vectors, "english")
    path = f"{draft.title}/{draft.heading}"
    return versions.NewDocument("bench", path, draft.title, text, 0, 0, draft.text_hash, passages)


def time_of(search: Callable[[str], object], repeats: int = 25) -> float:
    """Median milliseconds of a question, after a warm-up."""
    for question in QUESTIONS:
        search(question)
    times: list[float] = []
    for question in QUESTIONS * repeats:
        start = perf_counter()
        search(question)
        times.append(1000 * (perf_counter() - start))
    return median(times)


if __name__ == "__main__":
    main()
