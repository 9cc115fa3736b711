"""What a comparison cannot do without: a model that can be fine-tuned, and questions enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.datasets import DatasetUnusable, LabelledQuestion
from finetune.settings import TrainingSettings
from finetune.split import half_of
from knowledge.errors import KnowledgeUnusable
from knowledge.settings import KnowledgeSettings

FEWEST = 20
"""Questions to train on, and held-out ones; with fewer nothing can be told apart."""
NO_MODEL = (
    "There is no language model to compare with and without fine-tuning: set knowledge.generator "
    'to "local" and knowledge.local.model to a model, or try lorebot compare --sample, which makes '
    "a small model itself in about a minute."
)
NO_ADAPTERS = (
    "The model behind a server is fine-tuned from a copy of its files, and answers with what it "
    "has learnt only if the server loads adapters while it runs, as vLLM can: set "
    "knowledge.local.model to the copy and knowledge.server.adapters to true, or compare with "
    'knowledge.generator = "local".'
)
NO_TRAINING = "Nothing can be fine-tuned: set training.generator.enabled to true."


@dataclass(frozen=True)
class Halves:
    """The questions that train, and those that are asked."""

    train: Sequence[LabelledQuestion]
    held_out: Sequence[LabelledQuestion]

    @classmethod
    def of(cls, questions: Sequence[LabelledQuestion]) -> Halves:
        """By their hash."""
        return cls(
            [one for one in questions if half_of(one.question) == "fit"],
            [one for one in questions if half_of(one.question) != "fit"],
        )


def require_model(settings: KnowledgeSettings, training: TrainingSettings) -> None:
    served = settings.generator == "server"
    if served and not (settings.local.model and settings.server.adapters):
        raise KnowledgeUnusable(NO_ADAPTERS)
    if settings.generator == "quotes" or not settings.local.model:
        raise KnowledgeUnusable(NO_MODEL)
    if not training.generator.enabled:
        raise KnowledgeUnusable(NO_TRAINING)


def require_questions(root: Path, halves: Halves) -> None:
    answerable = [one for one in halves.held_out if one.answerable and one.answers]
    if min(len(halves.train), len(answerable)) < FEWEST:
        raise DatasetUnusable(
            f"{root} has too few questions to compare on: one half trains and the other, with "
            f"right answers, is asked, and each needs {FEWEST}; there are {len(halves.train)} and "
            f"{len(answerable)}."
        )
