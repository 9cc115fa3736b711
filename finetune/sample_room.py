"""What of the sample's language model is free to learn: neurons that fire and say nothing yet.

They are random features (Rahimi and Recht 2007) of the question, of the last tokens, and of both.
What an adapter learns is what each of them says, which is hardly more than a logistic regression,
and enough to know answers by heart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor

from finetune.sample_layout import (
    FLAG,
    FLAT,
    HABITS,
    MEMORIES,
    OPENINGS,
    PLACES,
    SIZES,
)

QUIET = 60.0
"""More than a neuron ever hears."""


@torch.no_grad()
def leave_room(mlp: Any, beginning: Tensor, random: Generator) -> None:
    """Where passages are shown habits alone fire: there an adapter is to learn how to read, and
    what it came to know by heart would drown what stands in them.

    `beginning` tells, in what stands before a token, whether an answer begins there.
    """
    listen(mlp, HABITS, {"token": 1.0}, 0.0, 1.0, random)
    listen(mlp, OPENINGS, {"topic": 10.0}, 4.0 + QUIET, 0.5, random)
    mlp.gate_proj.weight[OPENINGS, PLACES["before"]] = QUIET * beginning
    told = {"topic": 8.0, "token": 4.0, "before": 4.0, "earlier": 4.0}
    listen(mlp, MEMORIES, told, 12.0, 0.5, random)
    mlp.gate_proj.weight[OPENINGS.start : MEMORIES.stop, FLAG["given"]] = -2 * QUIET


def listen(
    mlp: Any,
    neurons: slice,
    places: Mapping[str, float],
    least: float,
    size: float,
    random: Generator,
) -> None:
    """Each fires by as much as what it hears, weighed by chance, exceeds `least`."""
    gates, sizes = mlp.gate_proj.weight, mlp.up_proj.weight
    gates[neurons] = 0.0
    for place, weight in places.items():
        chance = torch.randn(neurons.stop - neurons.start, SIZES[place], generator=random)
        gates[neurons, PLACES[place]] = weight * chance
    gates[neurons, FLAG["one"]] = -least / FLAT
    sizes[neurons] = 0.0
    sizes[neurons, FLAG["one"]] = size / FLAT
    mlp.down_proj.weight[:, neurons] = 0.0
