"""How fast documents are indexed, beside the bare model and llama-index, and found unchanged.

Run: python -m tests.benchmarks.bench_index [FOLDER]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import torch
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode
from pydantic import ConfigDict, PrivateAttr

from db import schema
from db.engine import open_database
from knowledge.base import Knowledge, open_knowledge
from knowledge.embed import Embedder, open_embedder
from knowledge.model_files import find_embedding_files
from knowledge.passages import Draft
from knowledge.report import Progress
from knowledge.settings import KnowledgeSettings
from knowledge.window import Window
from tests.benchmarks.tables import machine, median, print_table

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
FILES = 10_000
QUESTION = "Who opens the night door?"
BATCH_TOKENS = 2_048
CLI = "from bot.cli import main; main()"


class PlainEmbedding(BaseEmbedding):
    """As llama-index-embeddings-huggingface embeds by default: float32, in the texts' order."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    _model: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        batch = self._tokenizer(
            texts, truncation=True, max_length=256, padding="longest", return_tensors="pt"
        )
        with torch.inference_mode():
            states = self._model(**batch).last_hidden_state
        weights = batch["attention_mask"].unsqueeze(-1)
        pooled = (states * weights).sum(dim=1) / weights.sum(dim=1)
        vectors: list[list[float]] = torch.nn.functional.normalize(pooled, dim=-1).tolist()
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main(folder: Path) -> None:
    compare_indexing(folder)
    compare_waiting(folder)
    compare_unchanged()


@contextmanager
def open_empty(folder: Path) -> Iterator[Knowledge]:
    with tempfile.TemporaryDirectory() as home:
        database = open_database(f"sqlite:///{home}/bench.db")
        schema.upgrade(database)
        yield open_knowledge(database, KnowledgeSettings(documents=folder))
        database.close()


def compare_indexing(folder: Path) -> None:
    drafts = drafts_of(folder)
    texts = [draft.span.text for draft in drafts]
    headings = sorted({draft.full_heading for draft in drafts})
    embedder = open_embedder(find_embedding_files("all-MiniLM-L6-v2"))
    embedder.embed(texts[:50])
    bare = seconds_of(lambda: forward(embedder, texts))
    bare_headings = seconds_of(lambda: forward(embedder, headings))
    with open_empty(folder) as knowledge:
        knowledge.embedder.embed(texts[:50])
        ours = seconds_of(knowledge.reindex)
        made = knowledge.status().passages
    bare = min(bare, seconds_of(lambda: forward(embedder, texts)))
    embedder.embed_batch_size = 10
    mixed = seconds_of(lambda: peer(embedder, texts))
    theirs = seconds_of(lambda: peer(plain(embedder), texts))
    rate = len(texts) / theirs
    rows: list[Sequence[object]] = [
        row("llama-index IngestionPipeline, its defaults", len(texts), theirs, rate, bare),
        row("the same with Lorebot's embedder, batches of 10", len(texts), mixed, rate, bare),
        row("Lorebot, from files to the live index", made, ours, rate, bare),
        row("the bare model, sorted, bfloat16", len(texts), bare, rate, bare),
        row("the same and every heading", len(texts), bare + bare_headings, rate, bare),
    ]
    head = ("indexer", "passages", "seconds", "passages/s", "times the peer", "of the bare model")
    print_table(f"Indexing {folder.name}, {len(headings):,} headings", head, rows)


def row(name: str, passages: int, took: float, rate: float, bare: float) -> Sequence[object]:
    speed = passages / took
    return (name, passages, took, speed, speed / rate, speed * bare / passages)


def drafts_of(folder: Path) -> list[Draft]:
    """What a reindex of the folder embeds, as the reindex itself cuts it."""
    from knowledge.drafting import Drafting, Todo
    from knowledge.reading import open_parser
    from knowledge.sources import NamedSource
    from knowledge.sources.folder import FolderSource

    with open_empty(folder) as knowledge:
        source = FolderSource(folder)
        todo = Todo(NamedSource("bench", source), source.scan()[0], {})
        drafting = Drafting(knowledge.database, knowledge.settings, "", True)
        with open_parser(knowledge.settings) as parser:
            windows: list[Window] = list(drafting.windows(parser, [todo], []))
    return [draft for window in windows for draft in window.drafts]


def forward(embedder: Embedder, texts: Sequence[str]) -> None:
    """The model on all texts, tokenised, sorted by length, in bfloat16 batches, nothing else."""
    ids = embedder._tokenizer(list(texts), truncation=True, max_length=256)["input_ids"]
    ids.sort(key=len, reverse=True)
    while ids:
        rows = max(1, BATCH_TOKENS // len(ids[0]))
        batch, ids = ids[:rows], ids[rows:]
        padded = embedder._tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        with torch.inference_mode(), embedder._precision():
            embedder._model(**padded)


def plain(embedder: Embedder) -> PlainEmbedding:
    made = PlainEmbedding(model_name="plain", embed_batch_size=10)
    made._model, made._tokenizer = embedder._model, embedder._tokenizer
    return made


def peer(embedder: BaseEmbedding, texts: Sequence[str]) -> None:
    nodes = [TextNode(text=text) for text in texts]
    IngestionPipeline(transformations=[embedder], disable_cache=True).run(nodes=nodes)


def compare_waiting(folder: Path) -> None:
    """How long a question's embedding takes while the same process reindexes."""
    with open_empty(folder) as knowledge:

        def ask() -> None:
            knowledge.embedder.embed_question(QUESTION)

        ask()
        alone = [milliseconds(ask) for _ in range(50)]
        over = threading.Event()

        def stop(step: Progress) -> None:
            if over.is_set():
                raise InterruptedError

        def reindex() -> None:
            with suppress(InterruptedError):
                knowledge.reindex(progress=stop)

        run = threading.Thread(target=reindex)
        run.start()
        sleep(2)
        during = []
        while run.is_alive() and len(during) < 100:
            during.append(milliseconds(ask))
            sleep(0.05)
        over.set()
        run.join()
    rows = [
        (name, median(times), sorted(times)[int(0.95 * len(times))])
        for name, times in (("alone", alone), ("during a reindex", during))
    ]
    print_table("Embedding a question", ("when", "p50 ms", "p95 ms"), rows)


def milliseconds(act: Callable[[], object]) -> float:
    return 1000 * seconds_of(act)


def seconds_of(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def compare_unchanged() -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "documents"
        write_documents(folder)
        database = open_database(f"sqlite:///{home}/bench.db")
        schema.upgrade(database)
        knowledge = open_knowledge(database, KnowledgeSettings(documents=folder))
        full = seconds_of(knowledge.reindex)
        same = min(seconds_of(knowledge.reindex) for _ in range(3))
        some = median([seconds_of_a_change(knowledge, folder, round) for round in range(3)])
        command = seconds_of(lambda: command_line(Path(home), folder))
        database.close()
    rows = [
        ("everything new", full, 1.0),
        ("nothing changed", same, same / full),
        ("1 % changed, median of three", some, some / full),
        ("nothing changed, lorebot reindex from its start", command, command / full),
    ]
    head = ("run", "seconds", "of a full build")
    print_table(f"Reindex of {FILES:,} small documents", head, rows)


def write_documents(folder: Path) -> None:
    words = " ".join(path.read_text() for path in sorted(SAMPLE.rglob("*.md"))).split()
    chance = random.Random(1)
    for number in range(FILES):
        start = chance.randrange(len(words) - 45)
        path = folder / f"{number // 100:03}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {number}\n\n{' '.join(words[start : start + 45])}\n")


def seconds_of_a_change(knowledge: Knowledge, folder: Path, round: int) -> float:
    """Of a reindex after one document in a hundred was changed."""
    for path in random.Random(round).sample(sorted(folder.rglob("*.md")), FILES // 100):
        path.write_text(f"{path.read_text()}\nLine {round} was added to {path.stem}.\n")
    report = knowledge.reindex()
    print(f"\n1 % changed: {report.summary()} {report.stages()}")
    return report.seconds["total"]


def command_line(home: Path, folder: Path) -> None:
    config = home / "lorebot.toml"
    config.write_text(
        f'[database]\nurl = "sqlite:///{home}/bench.db"\n[knowledge]\ndocuments = "{folder}"\n'
    )
    subprocess.run(
        [sys.executable, "-c", CLI, "--config", str(config), "reindex"],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    print(f"Measured on {machine()}.")
    main(Path(sys.argv[1]) if sys.argv[1:] else SAMPLE)
