"""What a step minimises, for each method: batches to the model, its answers to a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from finetune.generator.batches import Batch
from finetune.generator.logprobs import Policy, Tokens, side_by_side
from finetune.generator.losses import Votes, apo_loss, dpo_loss, kto_loss, sft_loss
from finetune.generator.settings import Method


def collate(batches: Sequence[Batch]) -> dict[str, Tensor]:
    """The tensors of the one batch that the trainer takes at a time."""
    (batch,) = batches
    tokens = side_by_side(batch.rows)
    found = {
        "ids": tokens.ids,
        "answer": tokens.answer,
        "weights": torch.tensor([row.weight for row in batch.rows]),
        "liked": torch.tensor([row.liked for row in batch.rows]),
        "reference": torch.tensor(batch.reference),
    }
    if batch.others:
        others = side_by_side(batch.others)
        found |= {"other_ids": others.ids, "other_answer": others.answer}
    return found


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of a batch as `collate` makes it, and what it is divided by."""

    method: Method
    beta: float

    def size(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Answer tokens, pairs or votes: what one step takes the mean over."""
        if self.method == "sft":
            return (batch["answer"].sum(1) * batch["weights"]).sum()
        rows = len(batch["ids"])
        return torch.tensor(float(rows // 2 if self.method == "dpo" else rows))

    def loss(self, policy: Policy, batch: Mapping[str, Tensor]) -> Tensor:
        """The sum over the batch."""
        tokens = Tokens(batch["ids"], batch["answer"])
        if self.method == "sft":
            weights = batch["weights"][batch["answer"].nonzero()[:, 0]]
            return sft_loss(policy.token_logps(tokens), weights)
        votes = Votes(batch["liked"], batch["weights"])
        reference = batch["reference"][: len(tokens.ids)]
        # First, so that what it needs is free again before gradients are kept.
        drift = self.drift(policy, batch) if self.method == "kto" else None
        logps = policy.logps(tokens)
        if self.method == "dpo":
            return dpo_loss(logps, reference, self.beta)
        if drift is None:
            return apo_loss(logps, reference, votes, self.beta)
        return kto_loss(logps, reference, drift, votes, self.beta)

    def drift(self, policy: Policy, batch: Mapping[str, Tensor]) -> Tensor:
        """How far the model is from its reference, told from answers to other prompts."""
        others = Tokens(batch["other_ids"], batch["other_answer"])
        with torch.no_grad():
            return (policy.logps(others) - batch["reference"][len(others.ids) :]).mean()


def with_reference(
    batches: Sequence[Batch], network: Any, adapted: bool, autocast: Any
) -> list[Batch]:
    """The batches with what the model says before the first step, once and for all.

    The reference never changes, so no step has to ask it again: that saves a pass of the model in
    each of them. `adapted`: with its adapter as it is, or else without.
    """
    policy = Policy(network, network.get_output_embeddings())
    network.eval()
    with torch.no_grad(), autocast, nullcontext() if adapted else network.disable_adapter():
        return [replace(one, reference=said_of(policy, one)) for one in batches]


def said_of(policy: Policy, batch: Batch) -> tuple[float, ...]:
    device = policy.network.device
    found: list[float] = []
    for rows in filter(None, (batch.rows, batch.others)):
        tokens = side_by_side(rows)
        placed = Tokens(tokens.ids.to(device), tokens.answer.to(device))
        found += policy.logps(placed).tolist()
    return tuple(found)
