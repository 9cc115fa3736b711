"""What the fine-tuned arms learn: the training questions with their right answers, one by heart and
one from passages, each in the prompt in which it will be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finetune.dataset.cited import Citing
from finetune.dataset.contexts import open_contexts
from finetune.dataset.near import leaked
from finetune.dataset.teach import Teacher
from finetune.datasets import DatasetUnusable, LabelledQuestion
from finetune.evaluate import OnProgress, is_gold_passage
from finetune.examples import Provenance, Sft, TrainingData
from knowledge.answering import Answerer
from knowledge.answers import UNKNOWN
from knowledge.base import Knowledge
from knowledge.prompts import build_closed_book_messages

DEPTH = 30
"""Passages among which the one that answers is looked for."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Of the `questions`, `answerable` have an answer, and for `found` a passage is known that says
    it; `leaked` others were left out, for nearly the same is held out."""

    by_heart: TrainingData
    from_passages: TrainingData
    questions: Sequence[LabelledQuestion]
    answerable: int
    found: int
    leaked: int

    @property
    def share_found(self) -> float | None:
        return round(self.found / self.answerable, 4) if self.answerable else None


def make_lessons(
    knowledge: Knowledge,
    answerer: Answerer,
    questions: Sequence[LabelledQuestion],
    held_out: Sequence[LabelledQuestion],
    seed: int,
    tell: OnProgress,
) -> Lessons:
    """Raises DatasetUnusable if nothing may be learnt."""
    asked = [question.question for question in questions]
    leaks = leaked(asked, [one.question for one in held_out], knowledge.embedder)
    kept = [question for question in questions if question.question not in leaks]
    if not kept:
        raise DatasetUnusable(
            "Every training question of the data set says nearly the same as one that is held "
            "out, so nothing may be learnt: bring questions about different things."
        )
    contexts = open_contexts(knowledge, answerer)
    teacher = Teacher(contexts, Citing(answerer.check), seed)
    by_heart = [sft for question in kept for sft in learnt_by_heart(question)]
    read: list[Sft] = []
    found = 0
    for done, question in enumerate(kept, start=1):
        lesson = learnt_from_passages(question, answerer, teacher)
        read += [lesson] if lesson else []
        found += bool(lesson and question.answerable)
        tell("dataset", done, len(kept))
    return Lessons(
        by_heart=TrainingData(sft=tuple(by_heart)),
        from_passages=TrainingData(sft=tuple(read)),
        questions=kept,
        answerable=sum(question.answerable for question in kept),
        found=found,
        leaked=len(leaks),
    )


def learnt_by_heart(question: LabelledQuestion) -> Iterator[Sft]:
    right = right_answer(question)
    if right:
        messages = tuple(build_closed_book_messages(question.question))
        yield Sft(messages, right, provenance(question))


def learnt_from_passages(
    question: LabelledQuestion, answerer: Answerer, teacher: Teacher
) -> Sft | None:
    """The right answer, cited, among the retriever's own misses (RAFT, Zhang et al. 2024); None
    where no passage is known to say it."""
    asked, right = question.question, right_answer(question)
    if not question.answerable:
        passages = teacher.contexts.misled(asked, (), None)
        prompt = teacher.contexts.prompt(asked, passages)
        return Sft(prompt, UNKNOWN, provenance(question)) if passages else None
    near = answerer.retriever.find(asked, top_k=DEPTH).passages
    gold = [passage for passage in near if is_gold_passage(question, passage)][:1]
    if not gold or not right:
        return None
    passages, completion = teacher.read(asked, gold, right)
    if completion is None:
        return None
    return Sft(teacher.contexts.prompt(asked, passages), completion, provenance(question))


def right_answer(question: LabelledQuestion) -> str:
    """What is to be learnt, a whole sentence where one is known; empty for an answerable question
    without a written answer."""
    if not question.answerable:
        return UNKNOWN
    return next(iter((*question.evidence, *question.answers)), "")


def provenance(question: LabelledQuestion) -> Provenance:
    return Provenance("documents", None, (), question.question)
