"""Retrieval from files, parsing and cutting included, beside llama-index's defaults on the files.

Run: python -m tests.benchmarks.bench_files DATASET...   (folders with docs/ and questions.jsonl)
Pages of `docs_blind_overlay/`, where there are any, stand in for those of `docs/`: in them no
heading is a question word for word.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, NodeWithScore
from llama_index.retrievers.bm25 import BM25Retriever

from finetune.datasets import Dataset, LabelledQuestion, load_dataset
from finetune.evaluate import DEPTH, first, gold_pages, indexed, is_gold_passage, page_of
from finetune.scorers import hit, reciprocal_rank
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.question import tidy
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import print_table

OVERLAY = "docs_blind_overlay"
OURS = "Lorebot"
SPLITS = (1024, 256)
"""llama-index's own default; and what the embedding model reads of a text."""
OVERLAP = 20
SAMPLES = 10_000

Search = Callable[[str], Sequence[FoundPassage]]
Figures = npt.NDArray[np.float64]
"""One row for each question, one column for each of FIGURES."""
FIGURES = ("page hit@1", "page hit@5", "page MRR@10", "passage hit@1", "passage hit@5", "MRR@10")
COMPARED = ("page hit@5", "passage hit@5", "MRR@10")


def main(folders: Sequence[str]) -> None:
    for folder in folders:
        if (Path(folder) / "docs").is_dir():
            with overlaid(load_dataset(Path(folder), from_docs=True)) as dataset:
                compare(dataset)
        else:
            print(f"{folder} has no docs/; left out.")


@contextmanager
def overlaid(dataset: Dataset) -> Iterator[Dataset]:
    """The data set over a copy of its documents, with the pages of the overlay."""
    with tempfile.TemporaryDirectory(prefix="lorebot-files-") as folder:
        docs = Path(folder) / "docs"
        shutil.copytree(dataset.root / "docs", docs)
        if (dataset.root / OVERLAY).is_dir():
            shutil.copytree(dataset.root / OVERLAY, docs, dirs_exist_ok=True)
        yield replace(dataset, docs=docs)


def compare(dataset: Dataset) -> None:
    asked = [question for question in dataset.questions if question.answerable]
    with indexed(dataset, KnowledgeSettings(), lambda *_: None) as knowledge:
        searches = {**peers(dataset, knowledge.embedder), OURS: lorebot(knowledge)}
        measured = {name: measure(search, asked) for name, search in searches.items()}
        size = f"{knowledge.status().documents} documents, {len(asked)} questions"
    ours = measured[OURS]
    rows = [
        (name, *figures.mean(axis=0), ratio(ours, figures)) for name, figures in measured.items()
    ]
    head = ("retriever", *FIGURES, "Lorebot's page hit@5 ÷ this")
    print_table(f"{dataset.root.name}, from files: {size}", head, rows)
    differences = [
        (name, *(difference(ours, figures, column) for column in COMPARED))
        for name, figures in measured.items()
        if name != OURS
    ]
    print_table("Lorebot's lead over each, with its 95 % interval", ("", *COMPARED), differences)


def peers(dataset: Dataset, embedder: Embedder) -> dict[str, Search]:
    assert dataset.docs is not None
    documents = SimpleDirectoryReader(str(dataset.docs), recursive=True).load_data()
    found: dict[str, Search] = {}
    for size in SPLITS:
        splitter = SentenceSplitter(chunk_size=size, chunk_overlap=OVERLAP)
        nodes = splitter.get_nodes_from_documents(documents)
        bm25 = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=DEPTH)
        found[f"BM25 (llama-index, {size} tokens)"] = llama_index(bm25, dataset.docs)
        vectors = VectorStoreIndex(nodes, embed_model=embedder).as_retriever(similarity_top_k=DEPTH)
        found[f"dense (llama-index, {size} tokens)"] = llama_index(vectors, dataset.docs)
    return found


def llama_index(retriever: BaseRetriever, docs: Path) -> Search:
    return lambda question: [as_found(node, docs) for node in retriever.retrieve(question)]


def as_found(found: NodeWithScore, docs: Path) -> FoundPassage:
    path = Path(found.node.metadata["file_path"]).relative_to(docs).as_posix()
    text = plain(found.node)
    return FoundPassage(0, 0, path, "", "", "", text, 0, len(text), None, found.score or 0.0)


def plain(node: BaseNode) -> str:
    return node.get_content()


def lorebot(knowledge: Knowledge) -> Search:
    return lambda question: knowledge.retriever.find(tidy(question)).passages


def measure(search: Search, questions: Sequence[LabelledQuestion]) -> Figures:
    return np.array([figures(question, search(question.question)) for question in questions])


def figures(question: LabelledQuestion, found: Sequence[FoundPassage]) -> list[float]:
    """FIGURES of one question."""
    golds = gold_pages(question)
    page = first([page_of(passage) in golds for passage in found])
    passage = first([is_gold_passage(question, passage) for passage in found])
    return [
        figure
        for rank in (page, passage)
        for figure in (hit(rank, 1), hit(rank, 5), reciprocal_rank(rank, DEPTH))
    ]


def ratio(ours: Figures, other: Figures) -> float:
    column = FIGURES.index("page hit@5")
    return float(ours[:, column].mean() / max(other[:, column].mean(), 1e-9))


def difference(ours: Figures, other: Figures, column: str) -> str:
    """The mean difference and its 95 % interval, by a paired bootstrap over the questions."""
    apart = (ours - other)[:, FIGURES.index(column)]
    drawn = np.random.default_rng(1).integers(0, len(apart), (SAMPLES, len(apart)))
    low, high = np.quantile(apart[drawn].mean(axis=1), (0.025, 0.975))
    return f"{apart.mean():+.3f} ({low:+.3f} … {high:+.3f})"


if __name__ == "__main__":
    main(sys.argv[1:])
