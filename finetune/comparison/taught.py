"""What was taught, asked again: without it nobody could tell a model that has learnt nothing from
one that has learnt other facts than those it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.comparison.arms import ARMS, Arm, Ask
from finetune.datasets import LabelledQuestion
from finetune.evaluate import OnProgress, mean
from finetune.scorers import containment, token_f1

MOST = 24
"""Taught questions that are asked again."""


@dataclass(frozen=True, slots=True)
class Taught:
    """For each arm how good its answers to taught questions are."""

    questions: int
    f1: Mapping[Arm, float | None]
    containment: Mapping[Arm, float | None]

    def as_json(self) -> dict[str, Any]:
        arms = {arm: {"f1": self.f1[arm], "containment": self.containment[arm]} for arm in ARMS}
        return {"questions": self.questions, "arms": arms}


def measure_taught(
    asks: Mapping[Arm, Ask], questions: Sequence[LabelledQuestion], tell: OnProgress
) -> Taught:
    """Of `questions`, which were learnt from, some are asked again, written otherwise."""
    chosen = spread([one for one in questions if one.answerable and one.answers], MOST)
    f1: dict[Arm, list[float]] = {arm: [] for arm in ARMS}
    contained: dict[Arm, list[float]] = {arm: [] for arm in ARMS}
    for done, question in enumerate(chosen, start=1):
        for arm in ARMS:
            said = asks[arm](in_a_hurry(question.question)).text
            f1[arm].append(token_f1(said, question.answers))
            contained[arm].append(containment(said, question.answers))
        tell("taught questions", done, len(chosen))
    return Taught(
        len(chosen),
        {arm: mean(found) for arm, found in f1.items()},
        {arm: mean(found) for arm, found in contained.items()},
    )


def spread(questions: Sequence[LabelledQuestion], most: int) -> list[LabelledQuestion]:
    """At most so many, evenly from all."""
    number = min(most, len(questions))
    return [questions[place * len(questions) // number] for place in range(number)]


def in_a_hurry(question: str) -> str:
    """As people type it who have no time for capitals and question marks."""
    return question.casefold().rstrip(" ?？!.。")
