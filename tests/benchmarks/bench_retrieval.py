"""Hit rates and MRR on labelled passages, beside BM25 and llama-index's own vector index.

Run: python -m tests.benchmarks.bench_retrieval DATASET...   (folders with passages.jsonl)
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from time import perf_counter

from llama_index.core import VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever

from finetune.datasets import Dataset, LabelledQuestion, load_dataset
from finetune.evaluate import indexed
from finetune.scorers import hit, reciprocal_rank
from knowledge.base import Knowledge
from knowledge.index import PassageIndex
from knowledge.question import tidy
from knowledge.settings import KnowledgeSettings
from knowledge.terms import query_terms
from tests.benchmarks.tables import median, print_table

Search = Callable[[str], Sequence[str]]
"""From a question to the ids of the ten best passages."""
MOST = 1_000
"""Questions that are asked; of a larger set, as many by chance, the same ones every time."""
HEAD = ("retriever", "hit@1", "hit@5", "MRR@10", "ratio of hit@5", "p50 ms")


def main(folders: Sequence[str]) -> None:
    for folder in folders:
        dataset = load_dataset(Path(folder))
        if dataset.passages:
            compare(dataset)
        else:
            print(f"{folder} has no passages.jsonl; left out.")


def compare(dataset: Dataset) -> None:
    asked = sample([q for q in dataset.questions if q.answerable])
    with indexed(dataset, KnowledgeSettings(), lambda *_: None) as knowledge:
        searches = {
            "BM25 (llama-index)": bm25(dataset),
            "dense (llama-index, same model)": dense(dataset, knowledge),
            "Lorebot, by words alone": words_alone(knowledge),
            "Lorebot": lorebot(knowledge),
        }
        measured = {name: measure(search, asked) for name, search in searches.items()}
    best_peer = max(row[1] for name, row in measured.items() if name != "Lorebot")
    rows = [(name, *row[:3], row[1] / best_peer, row[3]) for name, row in measured.items()]
    title = f"{dataset.root.name}: {len(dataset.passages)} passages, {len(asked)} questions"
    print_table(title, HEAD, rows)


def sample(questions: Sequence[LabelledQuestion]) -> Sequence[LabelledQuestion]:
    return random.Random(1).sample(questions, MOST) if len(questions) > MOST else questions


def bm25(dataset: Dataset) -> Search:
    retriever = BM25Retriever.from_defaults(nodes=nodes(dataset), similarity_top_k=10)
    return lambda question: [found.node_id for found in retriever.retrieve(question)]


def dense(dataset: Dataset, knowledge: Knowledge) -> Search:
    index = VectorStoreIndex(nodes(dataset), embed_model=knowledge.embedder)
    retriever = index.as_retriever(similarity_top_k=10)
    return lambda question: [found.node_id for found in retriever.retrieve(question)]


def lorebot(knowledge: Knowledge) -> Search:
    return lambda question: [p.path for p in knowledge.retriever.find(tidy(question)).passages]


def words_alone(knowledge: Knowledge) -> Search:
    """What meaning must never make worse, in any language."""
    index = PassageIndex(knowledge.database)

    def search(question: str) -> list[str]:
        vector = knowledge.embedder.embed_question(question)
        hits = index.search(vector, query_terms(tidy(question)), 0.0, 10)
        return [hit.passage.path for hit in hits.best]

    return search


def nodes(dataset: Dataset) -> list[TextNode]:
    return [TextNode(id_=p.id, text=f"{p.title}\n{p.text}") for p in dataset.passages]


def measure(
    search: Search, questions: Sequence[LabelledQuestion]
) -> tuple[float, float, float, float]:
    ranks, times = [], []
    for question in questions:
        start = perf_counter()
        found = search(question.question)
        times.append(1000 * (perf_counter() - start))
        golds = [i for i, passage_id in enumerate(found) if passage_id in question.passage_ids]
        ranks.append(golds[0] if golds else None)
    hits = (fmean(hit(rank, k) for rank in ranks) for k in (1, 5))
    return *hits, fmean(reciprocal_rank(rank, 10) for rank in ranks), median(times)


if __name__ == "__main__":
    main(sys.argv[1:])
