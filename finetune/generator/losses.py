"""The losses, from log-probabilities of answers to one number; sums, to be divided by a count."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


@dataclass(frozen=True, slots=True)
class Votes:
    """What people said of each row, and how much it counts."""

    liked: Tensor
    weights: Tensor


def sft_loss(token_logps: Tensor, weights: Tensor) -> Tensor:
    """Of shape (answer tokens,) both: the weighted negative log-likelihood."""
    return -(token_logps * weights).sum()


def dpo_loss(logps: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Direct preference optimization (Rafailov et al. 2023).

    Of shape (2 × pairs,): the better answers, then the worse ones.
    """
    better, worse = (logps - reference).chunk(2)
    return -logsigmoid(beta * (better - worse)).sum()


def kto_loss(logps: Tensor, reference: Tensor, drift: Tensor, votes: Votes, beta: float) -> Tensor:
    """Kahneman-Tversky optimization (Ethayarajh et al. 2024).

    `logps` and `reference` of shape (rows,); `drift` is the estimated divergence from the
    reference, which no gradient goes through.
    """
    gain = beta * (logps - reference - drift.clamp(min=0).detach())
    return (votes.weights * (1 - torch.sigmoid(torch.where(votes.liked, gain, -gain)))).sum()


def apo_loss(logps: Tensor, reference: Tensor, votes: Votes, beta: float) -> Tensor:
    """Anchored preference optimization, "zero", of single votes (D'Oosterlinck et al. 2024)."""
    return kto_loss(logps, reference, torch.zeros((), device=logps.device), votes, beta)
