"""One adapter out of several that learnt the same with other seeds: their average.

A model soup (Wortsman et al. 2022), of what the adapters add to the model instead of its weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from finetune.retriever.learner import Learner, fresh


def soup(learners: Sequence[Learner]) -> Learner:
    """Adds to each layer exactly the mean of what they add: its rank is the sum of theirs."""
    if len(learners) == 1:
        return learners[0]
    first, count = learners[0], len(learners)
    config = first.network.peft_config["default"]
    network = fresh(first.embedder, count * config.r, count * config.lora_alpha, seed=0)
    made = Learner(first.embedder, network)
    parts = [learner.weights() for learner in learners]
    with torch.no_grad():
        for name, weight in made.weights().items():
            weight.copy_(together(name, [part[name] for part in parts]))
    return made


def together(name: str, weights: Sequence[torch.Tensor]) -> torch.Tensor:
    """Of the two factors the one is laid side by side, and the other, which is averaged, too."""
    if "lora_A" in name:
        return torch.cat(list(weights), dim=0)
    return torch.cat(list(weights), dim=1) / len(weights)
