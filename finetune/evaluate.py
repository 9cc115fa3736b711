"""Score retrieval and answers on a labelled data set, through the same Knowledge that serves."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any

from db import schema
from db.engine import open_database
from db.sources import PUBLIC, keep_audiences
from finetune.datasets import Dataset, LabelledQuestion, ReadyPassage, load_dataset
from finetune.scorers import containment, hit, overlap, reciprocal_rank, token_f1
from knowledge.answers import Answer, FoundPassage
from knowledge.base import Knowledge, open_knowledge
from knowledge.confidence import DEFAULT, Calibration
from knowledge.question import QuestionRefused, tidy
from knowledge.ready_passages import add_ready_passages
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import PASSAGES

DEPTH = 10
"""Passages looked at for MRR@10."""
SAME_TEXT = 0.6
"""Overlap from which a passage of the gold page holds the gold text."""

OnProgress = Callable[[str, int, int], None]
"""Hears a stage's name, how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Score:
    """One question's scores. Ranks count from 0; None is not among the first DEPTH."""

    answerable: bool
    passage_rank: int | None
    page_rank: int | None
    f1: float
    containment: float
    abstained: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    scores: tuple[Score, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        answerable = [score for score in self.scores if score.answerable]
        unanswerable = [score for score in self.scores if not score.answerable]
        return {
            "questions": len(self.scores),
            "retrieval": {
                "passage": ranking([score.passage_rank for score in answerable]),
                "page": ranking([score.page_rank for score in answerable]),
            },
            "answers": {
                "f1": mean([score.f1 for score in answerable]),
                "containment": mean([score.containment for score in answerable]),
            },
            "abstention": {
                "answerable": mean([float(score.abstained) for score in answerable]),
                "unanswerable": mean([float(score.abstained) for score in unanswerable]),
            },
            "seconds": round(self.seconds, 2),
        }


def evaluate(
    root: Path,
    settings: KnowledgeSettings,
    *,
    from_docs: bool = False,
    limit: int | None = None,
    calibration: Calibration = DEFAULT,
    progress: OnProgress | None = None,
) -> Evaluation:
    """Index the data set in `root` by itself, ask its questions (the first `limit`) and score.

    Raises DatasetUnusable or KnowledgeUnusable.
    """
    tell = progress or (lambda stage, done, total: None)
    start = perf_counter()
    dataset = load_dataset(root, from_docs)
    with indexed(dataset, settings, tell, calibration) as knowledge:
        scores = score_all(knowledge, dataset.questions[:limit], tell)
    return Evaluation(scores, perf_counter() - start)


def score_all(
    knowledge: Knowledge, questions: Sequence[LabelledQuestion], tell: OnProgress
) -> tuple[Score, ...]:
    """Ask and score one question after the other, by whatever is live."""
    scores = []
    for done, question in enumerate(questions, start=1):
        scores.append(score(question, ask(knowledge, question.question)))
        tell("asking", done, len(questions))
    return tuple(scores)


@contextmanager
def indexed(
    dataset: Dataset,
    settings: KnowledgeSettings,
    tell: OnProgress,
    calibration: Calibration = DEFAULT,
) -> Iterator[Knowledge]:
    """A knowledge base of the data set alone, gone when the block is left."""
    with tempfile.TemporaryDirectory(prefix="lorebot-evaluate-") as folder:
        database = open_database(f"sqlite:///{folder}/evaluate.db")
        schema.upgrade(database)
        docs = dataset.docs or settings.documents
        knowledge = open_knowledge(
            database,
            settings.model_copy(update={"documents": docs, "top_k": DEPTH}),
            calibration=calibration,
            adapters=Path(folder) / "adapters",
        )
        if dataset.passages:
            add_all(knowledge, dataset.passages, tell)
            keep_audiences(database, {PASSAGES: [PUBLIC]})
        else:
            knowledge.reindex(progress=lambda p: tell(p.stage, p.done, p.total))
        try:
            yield knowledge
        finally:
            knowledge.close()
            database.close()


def add_all(knowledge: Knowledge, passages: Sequence[ReadyPassage], tell: OnProgress) -> None:
    ready = [(passage.id, passage.title, passage.text) for passage in passages]
    add_ready_passages(
        knowledge.database,
        knowledge.embedder,
        knowledge.settings,
        ready,
        lambda done: tell("embedding", done, len(ready)),
    )


def ask(knowledge: Knowledge, question: str) -> Answer | None:
    """None for what is no question: people are told so, and that counts as abstained."""
    try:
        return knowledge.answer(tidy(question))
    except QuestionRefused:
        return None


def score(question: LabelledQuestion, answer: Answer | None) -> Score:
    said = answer.text if answer and not answer.abstained else ""
    found = answer.passages[:DEPTH] if answer else ()
    return Score(
        answerable=question.answerable,
        passage_rank=first([is_gold_passage(question, passage) for passage in found]),
        page_rank=first([page_of(passage) in gold_pages(question) for passage in found]),
        f1=token_f1(said, question.answers),
        containment=containment(said, question.answers),
        abstained=not said,
    )


def is_gold_passage(question: LabelledQuestion, passage: FoundPassage) -> bool:
    """By id for ready passages; in a folder, by the gold text on the gold page."""
    if passage.path in question.passage_ids:
        return True
    if page_of(passage) not in question.paths:
        return False
    golds = question.evidence or question.answers
    return any(overlap(passage.text, gold) >= SAME_TEXT for gold in golds)


def gold_pages(question: LabelledQuestion) -> set[str]:
    return {page_of_id(passage_id) for passage_id in question.passage_ids} | set(question.paths)


def page_of(passage: FoundPassage) -> str:
    return page_of_id(passage.path)


def page_of_id(passage_id: str) -> str:
    """Ready passages are named page#number."""
    return passage_id.rsplit("#", 1)[0]


def first(flags: Sequence[bool]) -> int | None:
    return flags.index(True) if True in flags else None


def ranking(ranks: Sequence[int | None]) -> dict[str, float | None]:
    return {
        "hit@1": mean([hit(rank, 1) for rank in ranks]),
        "hit@5": mean([hit(rank, 5) for rank in ranks]),
        "mrr@10": mean([reciprocal_rank(rank, DEPTH) for rank in ranks]),
    }


def mean(values: Sequence[float]) -> float | None:
    """None where there is nothing to take the mean of: no figure is better than an invented one."""
    return round(fmean(values), 4) if values else None
