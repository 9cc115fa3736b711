"""How much of the gold answer is in what the quoting generator quotes, and how long that is.

Run: python -m tests.benchmarks.bench_reading DATASET...   (folders with passages.jsonl)
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import perf_counter

from finetune.datasets import Dataset, LabelledQuestion, ReadyPassage, load_dataset
from finetune.evaluate import indexed
from finetune.scorers import containment, tokens
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from knowledge.question import tidy
from knowledge.sentences import sentences
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.tables import median, print_table

MOST = 300
"""Questions that are asked; of a larger set, as many by chance, the same ones every time."""
HEAD = (
    "data set",
    "questions",
    "containment, given the gold passage",
    "containment, from retrieval",
    "words of the answer, from retrieval",
    "sentences",
    "characters",
    "p50 ms",
)


@dataclass(frozen=True, slots=True)
class Read:
    """One question's answer."""

    containment: float
    recall: float
    """The share of the gold answer's words that are quoted."""
    sentences: int
    characters: int
    milliseconds: float


def main(folders: Sequence[str]) -> None:
    rows = []
    for folder in folders:
        dataset = load_dataset(Path(folder))
        if dataset.passages:
            rows.append(measure(dataset))
        else:
            print(f"{folder} has no passages.jsonl; left out.")
    if rows:
        print_table("Quotes", HEAD, rows)


def measure(dataset: Dataset) -> tuple[object, ...]:
    gold = {passage.id: passage for passage in dataset.passages}
    asked = [q for q in dataset.questions if q.answerable and gold.keys() & set(q.passage_ids)]
    asked = random.Random(1).sample(asked, MOST) if len(asked) > MOST else asked
    with indexed(dataset, KnowledgeSettings(), lambda *_: None) as knowledge:
        given = [[as_found(gold[i]) for i in q.passage_ids if i in gold] for q in asked]
        alone = [read(knowledge, q, some) for q, some in zip(asked, given, strict=True)]
        found = [
            read(knowledge, q, knowledge.retriever.find(tidy(q.question)).passages) for q in asked
        ]
    best = fmean(one.containment for one in alone)
    return dataset.root.name, len(asked), best, *means(found)


def as_found(passage: ReadyPassage) -> FoundPassage:
    """A passage as if a search had found it alone."""
    return FoundPassage(
        passage_id=0,
        document_id=0,
        path=passage.id,
        title=passage.title,
        uri="",
        heading="",
        text=passage.text,
        start=0,
        end=len(passage.text),
        page=None,
        score=1.0,
    )


def read(
    knowledge: Knowledge, question: LabelledQuestion, passages: Sequence[FoundPassage]
) -> Read:
    start = perf_counter()
    draft = knowledge.answerer.generator.generate(tidy(question.question), passages)
    took = 1000 * (perf_counter() - start)
    said = "\n\n".join(statement.text for statement in draft.statements)
    return Read(
        containment=containment(said, question.answers),
        recall=max((recall(said, gold) for gold in question.answers), default=0.0),
        sentences=sum(len(sentences(statement.text)) for statement in draft.statements),
        characters=len(said),
        milliseconds=took,
    )


def recall(said: str, gold: str) -> float:
    wanted = Counter(tokens(gold))
    return (wanted & Counter(tokens(said))).total() / max(1, wanted.total())


def means(reads: Sequence[Read]) -> tuple[float, ...]:
    return (
        fmean(one.containment for one in reads),
        fmean(one.recall for one in reads),
        fmean(one.sentences for one in reads),
        round(fmean(one.characters for one in reads)),
        median([one.milliseconds for one in reads]),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
