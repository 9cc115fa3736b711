"""The steps of a run: which questions, how far to go, and what the loss was."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

import numpy as np
import torch

from finetune.retriever.dropout import dropped
from finetune.retriever.learner import Learner
from finetune.retriever.lessons import Course
from finetune.retriever.losses import lessons_loss
from finetune.retriever.settings import RetrieverTraining

WARM_UP = 0.1
"""The share of the steps in which they grow to their full size; after it they shrink to none."""
STEEPEST = 1.0
"""The longest gradient; what is longer is cut."""


class Steps:
    """What a step does follows from its number, the seed, and what the steps before have left."""

    def __init__(
        self, learner: Learner, course: Course, settings: RetrieverTraining, seed: int
    ) -> None:
        self._learner, self._lessons = learner, course.lessons
        self._settings, self._seed = settings, seed
        self._passages = torch.from_numpy(course.passages).to(learner.network.device)
        self._before = learner.vectors([lesson.ids for lesson in course.lessons])
        self._weights = list(learner.weights().values())
        self._optimizer = torch.optim.AdamW(self._weights, weight_decay=0.0)
        self.in_epoch = -(-len(course.lessons) // settings.batch)
        self.total = self.in_epoch * settings.rounds
        self.guessing = math.log(len(course.passages))
        """The loss where every passage is as likely as any other."""
        self.loss_before = self._mean_loss()

    def take(self, step: int) -> float:
        """Take a step, counted from 0; the loss before it."""
        self._optimizer.zero_grad()
        loss = self._learn(step)
        torch.nn.utils.clip_grad_norm_(self._weights, STEEPEST)
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate(step)
        self._optimizer.step()
        return loss

    def questions(self, step: int) -> list[int]:
        """Every question comes once in an epoch, each time in another order."""
        epoch, place = divmod(step, self.in_epoch)
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._lessons))
        part: list[int] = np.array_split(order, self.in_epoch)[place].tolist()
        return part

    def pieces(self, step: int, chosen: list[int]) -> list[list[int]]:
        """The word pieces of these questions that are seen in a step."""
        draw = np.random.default_rng([self._seed, step, 2])
        share = self._settings.dropped
        return [dropped(self._lessons[place].ids, share, draw) for place in chosen]

    def rate(self, step: int) -> float:
        warm = max(1, int(WARM_UP * self.total))
        return self._settings.learning_rate * min(1, (step + 1) / warm) * (1 - step / self.total)

    def _learn(self, step: int) -> float:
        """Add a step's gradients to the weights; its loss."""
        chosen = self.questions(step)
        loss = self._loss(self._learner.encode(self.pieces(step, chosen)), chosen)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _loss(
        self, questions: torch.Tensor, chosen: list[int], passages: torch.Tensor | None = None
    ) -> torch.Tensor:
        return lessons_loss(
            questions,
            self._before[chosen],
            [self._lessons[place] for place in chosen],
            self._passages if passages is None else passages,
            temperature=self._settings.temperature,
            negative_weight=self._settings.negative_weight,
            anchor=self._settings.anchor,
        )

    def _mean_loss(self) -> float:
        """Of all questions before the run, seen as in a step, each counting the same."""
        places = range(len(self._lessons))
        seen = self._learner.vectors(self.pieces(0, list(places)))
        return fmean(float(self._loss(seen[[i]], [i])) for i in places)

    def state(self) -> dict[str, Any]:
        """All that the steps until now have left; tensors and numbers alone."""
        weights = {name: w.detach() for name, w in self._learner.weights().items()}
        return {"weights": weights, "optimizer": self._optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for name, weight in self._learner.weights().items():
                weight.copy_(state["weights"][name])
        self._optimizer.load_state_dict(state["optimizer"])
