"""Paired differences of two releases on the same questions: how large, how sure, by chance or not.

Questions that say nearly the same are drawn together, as clusters. Repeatable: the seed is fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
AT_ONCE = 1_000
"""Resamples that are held in memory together."""
ALL_SIGNS = 12
"""Up to so many clusters that differ, every pattern of signs is tried instead of a sample."""
HAIR = 1e-9
"""Sums of the same numbers in another order differ by less."""

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference; `low` and `high` are its bounds, each held with confidence 1 - alpha."""

    mean: float
    low: float
    high: float
    questions: int
    clusters: int


@dataclass(frozen=True, slots=True)
class Clustered:
    """Weighed differences, and weights, summed by cluster: shape (clusters,) each."""

    sums: Column
    weights: Column


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference on each question, the cluster it belongs to, and its weight, above 0."""

    differences: Sequence[float]
    clusters: Sequence[str]
    weights: Sequence[float]

    def by_cluster(self) -> Clustered:
        places = np.unique(np.asarray(self.clusters), return_inverse=True)[1]
        weights = np.asarray(self.weights, dtype=np.float64)
        weighed = weights * np.asarray(self.differences, dtype=np.float64)
        sums = np.bincount(places, weights=weighed).astype(np.float64)
        return Clustered(sums, np.bincount(places, weights=weights).astype(np.float64))


def interval(paired: Paired, alpha: float, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The mean with its percentile bootstrap bounds (Efron; Koehn 2004 for paired systems).

    There must be at least one difference.
    """
    drawn = paired.by_cluster()
    mean = float(drawn.sums.sum() / drawn.weights.sum())
    means = resampled_means(drawn, resamples, np.random.default_rng(seed))
    low, high = np.quantile(means, (alpha, 1 - alpha))
    return Interval(mean, float(low), float(high), len(paired.differences), len(drawn.sums))


def resampled_means(drawn: Clustered, resamples: int, chance: np.random.Generator) -> Column:
    """Shape (resamples,): the mean over as many clusters, drawn with replacement."""
    parts = []
    for start in range(0, resamples, AT_ONCE):
        shape = (min(AT_ONCE, resamples - start), len(drawn.sums))
        chosen = chance.integers(len(drawn.sums), size=shape, dtype=np.int32)
        parts.append(drawn.sums[chosen].sum(axis=1) / drawn.weights[chosen].sum(axis=1))
    return np.concatenate(parts)


def chance_of_gain(paired: Paired, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """How often a gain as large comes about where each difference had either sign by chance.

    The sign-flip test of Fisher and Pitman, by cluster. It is exact where only a handful of
    questions differ: there the bootstrap, which never sees a loss it was not shown, is too sure.
    """
    sums = paired.by_cluster().sums
    sums = sums[np.abs(sums) > HAIR]
    reached = float(sums.sum()) - HAIR
    if len(sums) <= ALL_SIGNS:
        patterns = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1
        return float(np.mean((2 * patterns - 1) @ sums >= reached))
    chance = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, resamples, AT_ONCE):
        shape = (min(AT_ONCE, resamples - start), len(sums))
        signs = 2 * chance.integers(2, size=shape, dtype=np.int8) - 1
        as_large += int((signs @ sums >= reached).sum())
    return (1 + as_large) / (1 + resamples)
