"""Scores as arms get them, written down."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.comparison.arms import ARMS, Arm
from finetune.comparison.scores import Scored


def scored(f1: float, answerable: bool = True, ms: float = 100.0) -> Scored:
    return Scored(
        answerable=answerable,
        f1=f1,
        containment=float(f1 == 1),
        abstained=False,
        sentences=1,
        cited=1,
        by_model=True,
        ms=ms,
    )


def rows(*f1: Sequence[float]) -> dict[Arm, list[Scored]]:
    """One list of F1 for each arm, in their order."""
    return {arm: [scored(one) for one in given] for arm, given in zip(ARMS, f1, strict=True)}
