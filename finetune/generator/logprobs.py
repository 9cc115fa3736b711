"""How likely a model finds the answers of a batch: the LM head runs on the answers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from finetune.generator.batches import Row


@dataclass(frozen=True, slots=True)
class Tokens:
    """Rows side by side, of shape (rows, longest row) both, padded on the right.

    No mask: a causal model never looks to the right, and without one its attention is faster.
    """

    ids: Tensor
    answer: Tensor
    """True where the next token belongs to the answer."""


def side_by_side(rows: Sequence[Row]) -> Tokens:
    width = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    answer = torch.zeros(len(rows), width, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = torch.tensor(row.ids)
        answer[place, row.begin - 1 : len(row.ids) - 1] = True
    return Tokens(ids, answer)


@dataclass(frozen=True)
class Policy:
    """A network to call, perhaps wrapped for several processes, and its head."""

    network: Any
    head: torch.nn.Module

    def token_logps(self, tokens: Tokens) -> Tensor:
        """Log-probabilities of all answers' tokens, row by row: shape (answer tokens,)."""
        with only(self.head, tokens.answer):
            logits = self.network(input_ids=tokens.ids, use_cache=False).logits
        said = tokens.ids[:, 1:][tokens.answer[:, :-1]]
        return -cross_entropy(logits.float(), said, reduction="none")

    def logps(self, tokens: Tokens) -> Tensor:
        """Log-probabilities of the answers: shape (rows,)."""
        return by_row(self.token_logps(tokens), tokens.answer)


@contextmanager
def only(head: torch.nn.Module, positions: Tensor) -> Iterator[None]:
    """Inside, the head sees nothing but `positions`: its output has shape (positions, vocabulary).

    On the head and not around it, so that what a model does to its logits afterwards, and what
    wraps the model, stay as they are.
    """

    def select(_: torch.nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (given[0][positions], *given[1:])

    handle = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        handle.remove()


def by_row(values: Tensor, answer: Tensor) -> Tensor:
    """Sums of the answers' values over each row."""
    rows = answer.nonzero()[:, 0]
    return torch.zeros(len(answer), device=values.device).index_add(0, rows, values)
