"""What ranking costs: its own steps, and a reranker of the usual size.

Run: python -m tests.benchmarks.bench_ranking
The reranker's weights are random, for none come with the package registry: its cost is that of
cross-encoder/ms-marco-MiniLM-L6-v2, and what it gains is not measured.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

from transformers import BertConfig, BertForSequenceClassification

from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from knowledge.index import PassageIndex
from knowledge.model_files import packaged_folder
from knowledge.ranking import CANDIDATES, Ranking, open_ranking
from knowledge.rerank import RERANKED, open_reranker
from knowledge.retrieve import found_passage
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import ANSWERS
from knowledge.terms import query_terms
from tests.benchmarks.bench_answer import QUESTIONS, open_empty
from tests.benchmarks.tables import median, print_table

REPEATS = 10
HEAD = ("step", "p50 ms")


def main() -> None:
    with open_empty() as knowledge, tempfile.TemporaryDirectory() as folder:
        knowledge.reindex()
        reranker = open_reranker(str(save_random(Path(folder))))
        plain = open_ranking(knowledge.embedder, KnowledgeSettings())
        rows = [
            ("all steps but the reranker", time_of(partial(rank, knowledge, plain))),
            (
                "the same, three of the candidates approved answers",
                time_of(partial(rank, knowledge, plain, approved=3)),
            ),
            (
                f"with a reranker of 22 million parameters over {RERANKED} passages",
                time_of(partial(rank, knowledge, replace(plain, reranker=reranker))),
            ),
        ]
    print_table(f"Ranking {CANDIDATES} candidates of the sample (random reranker)", HEAD, rows)


def save_random(folder: Path) -> Path:
    """A cross-encoder as large as MiniLM-L6, with the embedding model's vocabulary."""
    for file in packaged_folder().glob("*token*"):
        shutil.copy(file, folder)
    shutil.copy(packaged_folder() / "vocab.txt", folder)
    config = BertConfig(
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def rank(knowledge: Knowledge, ranking: Ranking, question: str, approved: int = 0) -> float:
    """Milliseconds of the ranking alone; searching comes before."""
    index = PassageIndex(knowledge.database)
    vector = knowledge.embedder.embed_question(question)
    hits = index.search(vector, query_terms(question), 0.65, CANDIDATES).best
    found = [found_passage(hit, {}) for hit in hits]
    passages = [*map(as_approved, found[:approved]), *found[approved:]]
    start = perf_counter()
    ranking.rank(question, vector, passages, 6, index.text)
    return 1000 * (perf_counter() - start)


def as_approved(passage: FoundPassage) -> FoundPassage:
    return replace(passage, source=ANSWERS)


def time_of(measured: Callable[[str], float]) -> float:
    times = [measured(question) for _ in range(REPEATS + 1) for question in QUESTIONS]
    return median(times[len(QUESTIONS) :])


if __name__ == "__main__":
    main()
