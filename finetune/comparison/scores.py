"""How good an arm's answers are: near the right ones, told apart from what nobody can know, cited,
and quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finetune.comparison.arms import ARMS, Arm, Ask, Said
from finetune.datasets import LabelledQuestion
from finetune.evaluate import OnProgress, mean
from finetune.metrics import SUPPORTS, Support, claims_of
from finetune.scorers import containment, token_f1


@dataclass(frozen=True, slots=True)
class Scored:
    """One arm on one question."""

    answerable: bool
    f1: float
    containment: float
    abstained: bool
    sentences: int
    cited: int
    """Of them, those with a citation of a passage that bears them out."""
    by_model: bool
    ms: float


Rows = Mapping[Arm, Sequence[Scored]]
"""For each arm one row a question, in the same order."""


def ask_all(
    asks: Mapping[Arm, Ask],
    questions: Sequence[LabelledQuestion],
    support: Support,
    tell: OnProgress,
) -> Rows:
    """Ask every arm one question after the other, and in turns who is first: what else the machine
    does slows all alike."""
    for ask in asks.values():
        # The first answer pays for what is loaded late; no arm's latency shall.
        ask(questions[0].question)
    rows: dict[Arm, list[Scored]] = {arm: [] for arm in ARMS}
    for place, question in enumerate(questions):
        first = place % len(ARMS)
        for arm in (*ARMS[first:], *ARMS[:first]):
            rows[arm].append(score(question, asks[arm](question.question), support))
        tell("asking", place + 1, len(questions))
    return rows


def score(question: LabelledQuestion, said: Said, support: Support) -> Scored:
    sentences, cited = explained(said, support)
    return Scored(
        answerable=question.answerable,
        f1=token_f1(said.text, question.answers),
        containment=containment(said.text, question.answers),
        abstained=not said.text,
        sentences=sentences,
        cited=cited,
        by_model=said.by_model,
        ms=said.ms,
    )


def explained(said: Said, support: Support) -> tuple[int, int]:
    """How many sentences an answer has, and how many of them a cited passage bears out."""
    if not said.text or said.answer is None:
        return len(claims_of(said.text, 0)), 0
    passages = {one.number - 1: one.passage.text for one in said.answer.citations}
    claims = claims_of(said.answer.text, max(passages, default=-1) + 1)
    held = [
        any(support.of(claim.text, passages.get(place, "")) >= SUPPORTS for place in claim.cited)
        for claim in claims
    ]
    return len(claims), sum(held)


def as_json(rows: Sequence[Scored]) -> dict[str, Any]:
    answerable = [row for row in rows if row.answerable]
    unanswerable = [row for row in rows if not row.answerable]
    sentences = sum(row.sentences for row in rows)
    took = [row.ms for row in rows]
    return {
        "questions": len(rows),
        "f1": mean([row.f1 for row in answerable]),
        "containment": mean([row.containment for row in answerable]),
        "abstention": {
            "answerable": mean([float(row.abstained) for row in answerable]),
            "unanswerable": mean([float(row.abstained) for row in unanswerable]),
        },
        "explainability": round(sum(row.cited for row in rows) / sentences, 4)
        if sentences
        else None,
        "quoted": mean([float(not row.by_model) for row in rows]),
        "latency_ms": {
            "median": round(float(np.median(took)), 1),
            "p95": round(float(np.quantile(took, 0.95)), 1),
        },
    }
