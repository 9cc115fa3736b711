"""Two rehearsals that must come to nothing: what people believe is shuffled; one means ill."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from finetune.datasets import LabelledQuestion
from finetune.evaluate import Evaluation
from finetune.rehearsal.people import People
from finetune.rehearsal.played import delta
from finetune.rehearsal.stage import Stage
from finetune.settings import Strategy
from knowledge.base import Knowledge

POISONED = 100
"""Votes of the one who means ill."""


def shuffled(stage: Stage, knowledge: Knowledge, strategy: Strategy, seed: int) -> dict[str, Any]:
    """A control: everybody believes that another question's answer is right. The gate must see
    that nothing was learnt."""
    wrong = wrong_answers(stage.asked, seed)
    with stage.fresh(knowledge) as (fresh, folder):
        stage.people(fresh, lambda question: wrong[question.id])
        record = stage.turn(fresh, folder, strategy)
    return {
        "verdict": record.status,
        "reason": record.reason,
        "refused": record.status != "promoted",
    }


def wrong_answers(asked: Sequence[LabelledQuestion], seed: int) -> dict[str, LabelledQuestion]:
    """For each question's id one whose answer is not its own: in a random order, the next that is
    answered elsewhere. Where several have one answer, any other's would often be right."""
    order = list(asked)
    random.Random(seed).shuffle(order)
    wrong = {}
    for place, question in enumerate(order):
        others = [*order[place + 1 :], *order[:place]]
        elsewhere = (other for other in others if places(other).isdisjoint(places(question)))
        wrong[question.id] = next(elsewhere, others[0])
    return wrong


def places(question: LabelledQuestion) -> set[str]:
    """Where it is answered."""
    return set(question.passage_ids) or set(question.paths)


def poisoner(
    stage: Stage, knowledge: Knowledge, strategy: Strategy, honest: Evaluation
) -> dict[str, Any]:
    """A control: besides the others one person votes against POISONED answers and corrects them
    with nonsense. The held-out questions must not be answered worse than without that person, by
    more than the gate's margin: two runs that learn the same differ by chance."""
    with stage.fresh(knowledge) as (fresh, folder):
        stage.people(fresh)
        votes = People(fresh, stage.dataset).poison(stage.asked, POISONED)
        record = stage.turn(fresh, folder, strategy)
        after = stage.score(fresh)
    change = delta(honest.scores, after.scores)
    return {
        "votes": votes,
        "verdict": record.status,
        "reason": record.reason,
        "delta": {"mrr@10": change},
        "mattered": change["high"] < -stage.training.margin or record.status == "refused",
    }
