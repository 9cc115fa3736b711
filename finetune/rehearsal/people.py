"""Simulated people: they ask, rate against the gold answers, and correct with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from db import feedback, interactions, verified
from db.feedback import CorrectionRecord
from finetune.datasets import Dataset, LabelledQuestion
from finetune.evaluate import is_gold_passage, page_of_id
from finetune.scorers import containment
from knowledge.answers import Answer
from knowledge.base import Knowledge
from knowledge.question import QuestionRefused, tidy
from knowledge.record import to_record

TEAM, CHANNEL = "T0REHEARSAL", "C0REHEARSAL"
EXPERT, POISONER = "U0EXPERT", "U0POISONER"
NONSENSE = "The documents are wrong about this: ask nobody, it has been abolished."
PEOPLE = 25
"""How many take part: each teaches a share."""

Correcting = Callable[[LabelledQuestion], LabelledQuestion]
"""What somebody believes is right when asked this; the question itself, or another by mistake."""


@dataclass(frozen=True)
class People:
    """Members of a team that know what is right."""

    knowledge: Knowledge
    dataset: Dataset

    def ask_all(
        self, questions: Sequence[LabelledQuestion], believing: Correcting | None = None
    ) -> Iterator[int]:
        """Ask and rate one question after the other; gives how many are done after each."""
        for done, question in enumerate(questions, start=1):
            self.ask(question, person(done), (believing or same)(question))
            yield done

    def ask(self, question: LabelledQuestion, asker: str, believed: LabelledQuestion) -> None:
        """Ask, vote by what is `believed`, and correct what is wrong by it."""
        try:
            answer = self.knowledge.answer(tidy(question.question))
        except QuestionRefused:
            return
        interaction_id = self.record(answer, asker)
        right = is_right(answer, believed)
        feedback.rate(self.knowledge.database, interaction_id, asker, 1 if right else -1)
        if not right:
            self.correct(interaction_id, asker, answer, believed)

    def poison(self, questions: Sequence[LabelledQuestion], votes: int) -> int:
        """One person asks again and again, votes against every answer and writes that something
        else is right; how many votes these are. No expert agrees."""
        told = 0
        for question in islice(cycle(questions), votes):
            answer = self.knowledge.answer(tidy(question.question))
            interaction_id = self.record(answer, POISONER)
            feedback.rate(self.knowledge.database, interaction_id, POISONER, -1)
            correction = CorrectionRecord(interaction_id, POISONER, "wrong_answer", NONSENSE, None)
            feedback.correct(self.knowledge.database, correction)
            told += 1
        return told

    def record(self, answer: Answer, asker: str) -> str:
        record = replace(
            to_record(answer, "rehearsal"),
            team=TEAM,
            channel=CHANNEL,
            asker=asker,
            private=False,
        )
        return interactions.record(self.knowledge.database, record)

    def correct(
        self, interaction_id: str, author: str, answer: Answer, believed: LabelledQuestion
    ) -> None:
        """What an expert agrees with at once, for nobody is there to wait for."""
        database = self.knowledge.database
        correction = CorrectionRecord(
            interaction_id,
            author,
            "wrong_answer" if believed.answerable else "should_not_have_answered",
            right_answer=believed.answers[0] if believed.answers else None,
            right_document=document_of(believed),
        )
        verified.agree(database, feedback.correct(database, correction), EXPERT)


def person(number: int) -> str:
    return f"U0PERSON{number % PEOPLE:02d}"


def same(question: LabelledQuestion) -> LabelledQuestion:
    return question


def is_right(answer: Answer, question: LabelledQuestion) -> bool:
    """Whether somebody who knows the gold answer would be content."""
    if answer.abstained or not question.answerable:
        return answer.abstained and not question.answerable
    cited = [citation.passage for citation in answer.citations]
    if any(is_gold_passage(question, passage) for passage in cited):
        return True
    return containment(answer.text, question.answers) == 1


def document_of(question: LabelledQuestion) -> str | None:
    """The page as a person would name it."""
    pages = [*question.paths, *(page_of_id(name) for name in question.passage_ids)]
    return pages[0] if pages else None
