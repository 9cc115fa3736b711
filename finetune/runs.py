"""A training run as plain data: what it is told, what it tells, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class TrainingFailed(Exception):
    """A run has come to nothing; the message says why and what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run, or a cycle, is."""

    step: str
    done: int
    total: int
    note: str = ""
    """What else to say of it: `loss 0.41, 3 min left`."""


OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """An adapter that a run has made; nothing serves it yet."""

    folder: Path
    """Holds adapter_config.json and adapter_model.safetensors."""
    figures: dict[str, float] = field(default_factory=dict)
    """loss_first, loss_last, steps, examples, seconds, peak_mb and others, for the report."""
