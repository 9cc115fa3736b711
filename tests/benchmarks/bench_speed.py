"""Retrieval at 10,000 passages, the time to index a folder, and the memory of serving.

Run: python -m tests.benchmarks.bench_speed [FOLDER]   (a folder of documents; else the sample)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np
from llama_index.core import Settings, SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import TextNode

from db import schema, versions
from db.engine import open_database
from knowledge.base import Knowledge, open_knowledge
from knowledge.documents import Span
from knowledge.fingerprint import fingerprint
from knowledge.passages import Draft, build_passages
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import median, print_table

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
PASSAGES = 10_000
QUESTIONS = (
    "How far away is Voyager 1?",
    "Who decides whether a school class may book the dome?",
    "What happened to the oxygen tank of Apollo 13?",
    "Which rover found the blueberries?",
)


def main(folder: Path) -> None:
    compare_indexing(folder)
    compare_retrieval(folder)


@contextmanager
def open_empty(folder: Path) -> Iterator[Knowledge]:
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        schema.upgrade(database)
        yield open_knowledge(database, KnowledgeSettings(documents=folder))
        database.close()


def compare_indexing(folder: Path) -> None:
    with open_empty(folder) as knowledge:
        start = perf_counter()
        report = knowledge.reindex()
        ours = perf_counter() - start
        knowledge.embedder.embed_batch_size = 10
        start = perf_counter()
        endings = [".md", ".mdx", ".html"]
        read = SimpleDirectoryReader(str(folder), recursive=True, required_exts=endings).load_data()
        steps = [SentenceSplitter(chunk_size=200, chunk_overlap=20), knowledge.embedder]
        made = len(IngestionPipeline(transformations=steps).run(documents=read))
        theirs = perf_counter() - start
    rows = [
        ("llama-index IngestionPipeline, same model", len(read), made, theirs, made / theirs, 1.0),
        (
            "Lorebot",
            report.total("added"),
            report.total("passages"),
            ours,
            report.total("passages") / ours,
            (report.total("passages") / ours) / (made / theirs),
        ),
    ]
    head = ("indexer", "files", "passages", "seconds", "passages/s", "times as fast")
    print_table("Indexing a folder", head, rows)


def compare_retrieval(folder: Path) -> None:
    with open_empty(folder) as knowledge:
        texts, vectors = fill(knowledge)
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
        memory = memory_of_serving(str(knowledge.database.engine.url))
    rows = [
        ("llama-index, dense only, in memory", theirs, 1.0),
        ("Lorebot, dense + BM25, SQLite", ours, theirs / ours),
        ("embedding the question alone", embedding, theirs / embedding),
    ]
    title = f"Retrieval at {PASSAGES:,} passages, embedding the question included"
    print_table(title, ("retriever", "p50 ms", "times as fast"), rows)
    bare = float(memory_of("import torch, transformers, llama_index.core"))
    print_table(
        "Peak memory of a process that answers",
        ("process", "MB", "ratio"),
        [
            ("imports of torch, transformers and llama-index alone", bare, 1.0),
            (f"Lorebot with {PASSAGES:,} passages", memory, memory / bare),
        ],
    )


def memory_of_serving(url: str) -> float:
    """MB of a fresh process that opens the database and answers the questions."""
    return memory_of(
        "from db.engine import open_database; from knowledge.base import open_knowledge\n"
        "from knowledge.settings import KnowledgeSettings\n"
        f"knowledge = open_knowledge(open_database({url!r}), KnowledgeSettings())\n"
        f"[knowledge.answer(question) for question in {QUESTIONS!r}]"
    )


def memory_of(code: str) -> float:
    # Not ru_maxrss: on Linux a child begins with its parent's.
    peak = "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{peak}"], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1]) / 1024


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


def folder_of(arguments: Sequence[str]) -> Path:
    return Path(arguments[0]) if arguments else SAMPLE


if __name__ == "__main__":
    main(folder_of(sys.argv[1:]))
