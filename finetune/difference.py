"""One metric of champion and candidate over some questions: both means, and the difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from db.holdout import HoldoutRow
from finetune.bootstrap import RESAMPLES, Interval, Paired, chance_of_gain, interval
from finetune.judge import JudgedPair, Metric


@dataclass(frozen=True, slots=True)
class Chance:
    """How differences are drawn; equal ones give equal verdicts."""

    resamples: int = RESAMPLES
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    metric: Metric
    champion: float
    candidate: float
    interval: Interval
    alpha: float
    """Each bound of the interval holds with confidence 1 - alpha."""
    by_chance: float
    """How often a gain as large comes about where nothing was learnt."""

    @property
    def proven(self) -> bool:
        """Superior: shown by the bootstrap, and by the test that is exact for few questions."""
        return self.interval.low > 0 and self.by_chance <= self.alpha

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "champion": round(self.champion, 4),
            "candidate": round(self.candidate, 4),
            "mean": round(self.interval.mean, 4),
            "low": round(self.interval.low, 4),
            "high": round(self.interval.high, 4),
            "confidence": round(1 - 2 * self.alpha, 4),
            "p": round(self.by_chance, 4),
            "questions": self.interval.questions,
            "clusters": self.interval.clusters,
        }

    def __str__(self) -> str:
        """`by +0.081 (90 % interval +0.032 to +0.131) on 76 questions`."""
        of = self.interval
        return (
            f"by {of.mean:+.3f} ({100 * (1 - 2 * self.alpha):.3g} % interval "
            f"{of.low:+.3f} to {of.high:+.3f}) on {of.questions} questions"
        )


Weigh = Callable[[HoldoutRow], float]


def alike(question: HoldoutRow) -> float:
    return 1.0


def known(pairs: Sequence[JudgedPair], metric: Metric) -> list[tuple[JudgedPair, float, float]]:
    """The pairs of which both figures are known, with these."""
    found = []
    for pair in pairs:
        ours, theirs = pair.champion.get(metric), pair.candidate.get(metric)
        if ours is not None and theirs is not None:
            found.append((pair, ours, theirs))
    return found


def compare(
    pairs: Sequence[JudgedPair],
    metric: Metric,
    alpha: float,
    chance: Chance,
    weigh: Weigh = alike,
) -> Difference | None:
    """None where no question says anything of the metric."""
    both = known(pairs, metric)
    if not both:
        return None
    paired = Paired(
        differences=[theirs - ours for _, ours, theirs in both],
        clusters=[pair.question.cluster for pair, _, _ in both],
        weights=[weigh(pair.question) for pair, _, _ in both],
    )
    champion = float(np.average([ours for _, ours, _ in both], weights=paired.weights))
    drawn = interval(paired, alpha, chance.resamples, chance.seed)
    return Difference(
        metric=metric,
        champion=champion,
        candidate=champion + drawn.mean,
        interval=drawn,
        alpha=alpha,
        by_chance=chance_of_gain(paired, chance.resamples, chance.seed),
    )
