"""The steps of a run on both sides: one network learns to read questions and passages alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from finetune.retriever.around import Around, drawn
from finetune.retriever.learner import Learner
from finetune.retriever.lessons import Course
from finetune.retriever.passages import Page, Read, as_pages, turned
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.steps import Steps
from finetune.retriever.texts import Told


class BothSides(Steps):
    """A step reads its questions and the passages that they turn on. All other passages stand
    where they are indexed, to be told apart from: an anchor keeps what is read in their space."""

    def __init__(
        self,
        learner: Learner,
        course: Course,
        settings: RetrieverTraining,
        seed: int,
        around: Sequence[Around],
        told: Mapping[int, Told],
    ) -> None:
        """`around` is what each question turns on, and `told` those passages, by row."""
        super().__init__(learner, course, settings, seed)
        self._around = around
        self._pages = dict(zip(told, as_pages(learner, list(told.values())), strict=True))

    def _learn(self, step: int) -> float:
        chosen = self.questions(step)
        rows = self.passages(step, chosen)
        pages = [self._pages[row] for row in rows]
        headings = unique_headings(pages)
        asked = self.pieces(step, chosen)
        read = Read(self._learner, [*asked, *(page.text for page in pages), *headings.values()])
        first, behind = len(asked), len(asked) + len(pages)
        questions, texts = read.vectors[:first], read.vectors[first:behind]
        order = {heading: place for place, heading in enumerate(headings)}
        above = [behind + order[tuple(page.heading)] for page in pages]
        loss = self._both(questions, chosen, turned(texts, read.vectors[above]), rows)
        loss.backward()  # type: ignore[no-untyped-call]
        read.learn()
        return float(loss.detach())

    def passages(self, step: int, chosen: Sequence[int]) -> list[int]:
        """The rows that are read in a step, rising."""
        draw = np.random.default_rng([self._seed, step, 1])
        near = self._settings.near
        return sorted({row for place in chosen for row in drawn(self._around[place], near, draw)})

    def _both(
        self,
        questions: torch.Tensor,
        chosen: list[int],
        read: torch.Tensor,
        rows: list[int],
    ) -> torch.Tensor:
        where = torch.tensor(rows, device=self._passages.device)
        moved = 1 - (read * self._passages[where]).sum(dim=1)
        passages = self._passages.index_copy(0, where, read)
        return self._loss(questions, chosen, passages) + self._settings.anchor * moved.mean()


def unique_headings(pages: Sequence[Page]) -> dict[tuple[int, ...], list[int]]:
    return {tuple(page.heading): page.heading for page in pages}
