"""How far questions are from where they should be: losses over frozen passage vectors."""

from __future__ import annotations

import math
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
    found = found_loss(scores, lessons, negative_weight)
    softened = [row for row, lesson in enumerate(lessons) if lesson.soft]
    for row in softened:
        found[row] = likelihood_loss(scores[row], lessons[row].soft)
    moved = 1 - (questions * before).sum(dim=1)
    weights = torch.tensor([lesson.weight for lesson in lessons], device=found.device)
    return ((found + anchor * moved) * weights).sum() / weights.sum()


def found_loss(
    scores: torch.Tensor, lessons: Sequence[Lesson], negative_weight: float
) -> torch.Tensor:
    """For each lesson, minus the logarithm of the chance that a draw from the passages is any of
    its positives; `scores` has shape (lessons, passages).

    A softmax over all of them (InfoNCE, van den Oord et al. 2018), in which what was shown and is
    wrong counts as several.
    """
    weights = torch.zeros_like(scores)
    for row, lesson in enumerate(lessons):
        weights[row, list(lesson.negatives)] = math.log(negative_weight)
        weights[row, list(lesson.copies)] = -torch.inf
    places, absent = padded([lesson.positives or (0,) for lesson in lessons])
    positives = scores.gather(1, places.to(scores.device))
    positives = positives.masked_fill(absent.to(scores.device), -torch.inf)
    return torch.logsumexp(scores + weights, 1) - torch.logsumexp(positives, 1)


def padded(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows as one tensor, and where it holds nothing of theirs."""
    width = max(len(row) for row in rows)
    places = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    sizes = torch.tensor([len(row) for row in rows])
    return places, torch.arange(width) >= sizes[:, None]


def likelihood_loss(scores: torch.Tensor, soft: Sequence[tuple[int, float]]) -> torch.Tensor:
    """How far the retriever's softmax over some passages is from the shares that a generator gives
    them, as a Kullback-Leibler divergence (REPLUG LSR, Shi et al. 2023)."""
    rows, shares = zip(*soft, strict=True)
    logs = torch.log_softmax(scores[list(rows)], 0)
    wanted = torch.tensor(shares, device=scores.device).clamp(min=LEAST_SHARE)
    return (logs.exp() * (logs - wanted.log())).sum()
