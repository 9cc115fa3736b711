"""A logistic regression of evidence on whether there is an answer: Newton's method and a ridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
import numpy.typing as npt

from knowledge.confidence import Evidence, Weights

RIDGE = 0.5
"""What a weight's distance from where it began costs, against one question's likelihood."""
STEPS = 50
CLOSE = 1e-9

SLOPES = np.array([not field.name.endswith("bias") for field in fields(Weights)])

Rows = npt.NDArray[np.float64]


def fit_weights(
    evidence: Sequence[Evidence], answerable: Sequence[bool], prior: Weights
) -> Weights:
    """The weights under which the labels are likeliest, the answerable and the others weighing the
    same; where the questions say nothing, such as of a script none is written in, the prior's.

    Iteratively reweighted least squares, that is Newton's method: deterministic, and convex.
    """
    rows = np.array([features(one) for one in evidence])
    labels = np.array(answerable, dtype=np.float64)
    shares = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    start = np.array(astuple(prior), dtype=np.float64)
    free = np.ones(len(start), dtype=bool)
    while True:
        weights = np.where(free, start, 0.0)
        weights[free] = newton(rows[:, free], labels, shares, start[free])
        # More evidence never makes an answer less sure: few questions may say so by chance.
        wrong = SLOPES & (weights < 0)
        if not wrong.any():
            return Weights(*(float(weight) for weight in weights))
        free &= ~wrong


def newton(rows: Rows, labels: Rows, shares: Rows, start: Rows) -> Rows:
    def worth(weights: Rows) -> float:
        logits = rows @ weights
        likelihood = shares @ (labels * logits - np.logaddexp(0, logits))
        return float(likelihood - RIDGE / 2 * ((weights - start) ** 2).sum())

    weights = start
    for _ in range(STEPS):
        sure = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (shares * (labels - sure)) - RIDGE * (weights - start)
        bend = (rows * (shares * sure * (1 - sure))[:, None]).T @ rows + RIDGE * np.eye(len(start))
        step = np.linalg.solve(bend, slope)
        while worth(weights + step) < worth(weights) and np.abs(step).max() > CLOSE:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() <= CLOSE:
            break
    return np.asarray(weights)


def features(evidence: Evidence) -> tuple[float, ...]:
    """What each of the weights is multiplied by, in their order."""
    known, rest = evidence.known, 1 - evidence.known
    return (
        known,
        known * evidence.similarity,
        known * evidence.cover,
        known * evidence.fit,
        rest,
        rest * evidence.cover,
        rest * evidence.fit,
    )
