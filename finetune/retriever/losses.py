"""How far questions are from where they should be: losses over frozen passage vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

LEAST_SHARE = 1e-6
"""A passage that the likelihood gives nothing still has a logarithm."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question: its word pieces, and what it is to come near to, in rows of the corpus."""

    ids: list[int]
    positives: tuple[int, ...]
    negatives: tuple[int, ...]
    """Shown, and wrong."""
    copies: tuple[int, ...]
    """As good as a positive, being nearly the same: neither come near to nor kept away from."""
    soft: tuple[tuple[int, float], ...]
    """Rows with shares, instead of positives."""
    weight: float


def lessons_loss(
    questions: torch.Tensor,
    before: torch.Tensor,
    lessons: Sequence[Lesson],
    passages: torch.Tensor,
    *,
    temperature: float,
    negative_weight: float,
    anchor: float,
) -> torch.Tensor:
    """The mean loss of a batch by weight.

    `questions` and `before`, what they were before the run, have shape (batch, dimension);
    `passages` has shape (passages, dimension); all are unit vectors.
    """
    scores = questions @ passages.T / temperature
    found = torch.stack(
        [
            likelihood_loss(row, lesson.soft)
            if lesson.soft
            else found_loss(row, lesson, negative_weight)
            for row, lesson in zip(scores, lessons, strict=True)
        ]
    )
    moved = 1 - (questions * before).sum(dim=1)
    weights = torch.tensor([lesson.weight for lesson in lessons], device=found.device)
    return ((found + anchor * moved) * weights).sum() / weights.sum()


def found_loss(scores: torch.Tensor, lesson: Lesson, negative_weight: float) -> torch.Tensor:
    """Minus the logarithm of the chance that a draw from the passages is any of the positives.

    A softmax over all of them (InfoNCE, van den Oord et al. 2018), in which what was shown and is
    wrong counts as several.
    """
    weights = torch.zeros_like(scores)
    weights[list(lesson.negatives)] = torch.tensor(negative_weight).log()
    weights[list(lesson.copies)] = -torch.inf
    positives = list(lesson.positives)
    return torch.logsumexp(scores + weights, 0) - torch.logsumexp(scores[positives], 0)


def likelihood_loss(scores: torch.Tensor, soft: Sequence[tuple[int, float]]) -> torch.Tensor:
    """How far the retriever's softmax over some passages is from the shares that a generator gives
    them, as a Kullback-Leibler divergence (REPLUG LSR, Shi et al. 2023)."""
    rows, shares = zip(*soft, strict=True)
    logs = torch.log_softmax(scores[list(rows)], 0)
    wanted = torch.tensor(shares, device=scores.device).clamp(min=LEAST_SHARE)
    return (logs.exp() * (logs - wanted.log())).sum()
