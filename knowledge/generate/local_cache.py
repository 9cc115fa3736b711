"""The keys and values of several answers in one cache, each at the right edge, padding before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers.cache_utils import Cache, DynamicLayer, DynamicSlidingWindowLayer

PLAIN = (DynamicLayer, DynamicSlidingWindowLayer)


def can_join(cache: Cache) -> bool:
    """Whether every layer keeps one key a token, so that rows of different lengths can share it."""
    return all(type(layer) in PLAIN for layer in cache.layers)


def join(cache: Cache, more: Cache) -> None:
    """Put the rows of `more` under those of `cache`, which grows to the wider of the two."""
    for layer, other in zip(layers(cache), layers(more), strict=True):
        # Layers that use another's keys have none of their own.
        if other.is_initialized:
            layer.keys = stacked(layer.keys, other.keys)
            layer.values = stacked(layer.values, other.values)
            set_length(layer, max(layer.get_seq_length(), other.get_seq_length()))


def keep(cache: Cache, rows: Sequence[int], width: int) -> None:
    """Keep only these rows, and of their columns the last `width`."""
    for layer in layers(cache):
        if layer.is_initialized:
            chosen = torch.tensor(rows, device=layer.keys.device)
            columns = slice(max(0, layer.keys.shape[-2] - width), None)
            layer.keys = layer.keys[chosen, :, columns]
            layer.values = layer.values[chosen, :, columns]
            set_length(layer, width)


def layers(cache: Cache) -> list[Any]:
    """Of the classes in PLAIN, which `can_join` has made sure of."""
    return list(cache.layers)


def set_length(layer: DynamicLayer, tokens: int) -> None:
    # A layer with a window keeps fewer columns than it has read tokens.
    if isinstance(layer, DynamicSlidingWindowLayer):
        layer.cumulative_length = tokens


def stacked(upper: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
    width = max(upper.shape[-2], lower.shape[-2])
    return torch.cat([pad(one, (0, 0, width - one.shape[-2], 0)) for one in (upper, lower)])
