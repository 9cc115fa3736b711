"""A run whose loss is no number any more, or climbs, is ended before it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from statistics import median

from finetune.runs import TrainingFailed

WINDOW = 10
"""Steps that are taken together, since single ones differ by chance."""
FEWEST = 5
CLIMB = 2.0
"""How many times the highest loss of the first steps every late one must be ..."""
LEAST = 1.0
"""... and by how much it must be more at least, to be a divergence. Batches of two kinds, from
passages and by heart, may differ by as much: the highest and the lowest tell them from a climb."""


@dataclass
class LossWatch:
    """Takes the loss of step after step; `first` and `last` are medians over up to ten."""

    _all: list[float] = field(default_factory=list)

    def add(self, loss: float) -> None:
        """Raises TrainingFailed."""
        if not isfinite(loss):
            raise TrainingFailed(
                "The loss is no number any more, so nothing was saved: lower "
                "training.generator.learning_rate."
            )
        self._all.append(loss)
        highest, lowest = max(self._all[: self._window]), min(self._all[-self._window :])
        climbed = lowest > max(CLIMB * highest, highest + LEAST)
        if climbed and self._window >= FEWEST:
            raise TrainingFailed(
                f"The loss rose from {self.first:.3g} to {self.last:.3g}, so nothing was saved: "
                "lower training.generator.learning_rate."
            )

    @property
    def first(self) -> float:
        return median(self._all[: self._window]) if self._all else 0.0

    @property
    def last(self) -> float:
        return median(self._all[-self._window :]) if self._all else 0.0

    @property
    def _window(self) -> int:
        return min(WINDOW, -(-len(self._all) // 2))
