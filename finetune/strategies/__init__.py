"""The ways to combine retrieval with fine-tuning: each makes adapters out of what people said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from finetune.cases import Case
from finetune.examples import TrainingData
from finetune.workshop import Made, Workshop
from knowledge.answering import Answerer

Rebuild = Callable[[Answerer], TrainingData]
"""Makes the examples anew, with the passages that an answerer finds."""


@dataclass(frozen=True)
class Material:
    """What a strategy works with."""

    cases: Sequence[Case]
    data: TrainingData
    rebuild: Rebuild

    @property
    def right_answers(self) -> Mapping[str, str]:
        """By question, where it is known."""
        return {c.answer.question: c.right_answer for c in self.cases if c.right_answer}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made, and what to tell of how: rounds, scores."""

    made: Made
    notes: Mapping[str, object] = field(default_factory=dict)


Strategise = Callable[[Material, Workshop], Outcome]
