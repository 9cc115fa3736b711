"""What must not fall when something else rises, and whether it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from db.holdout import HoldoutRow
from finetune.bootstrap import HAIR
from finetune.difference import Chance, Difference, compare
from finetune.judge import JudgedPair, Metric

Targeted = Literal["retriever", "generator"]
State = Literal["held", "unclear", "fell", "unmeasured"]

ALPHA = 0.05
"""Guards do not loosen, and need not tighten, when a holdout is used again."""
ENOUGH = 100
"""Clusters from which on a guard must hold with confidence. With fewer an equal candidate would
seldom pass, so there the mean must be within the margin, and not be worse for sure."""


@dataclass(frozen=True, slots=True)
class Guard:
    name: str
    metric: Metric
    on: Callable[[HoldoutRow], bool]
    shown: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guard's finding; no difference where no question tells."""

    guard: Guard
    difference: Difference | None
    state: State

    def as_json(self) -> dict[str, Any]:
        found = {"metric": self.guard.metric} if not self.difference else self.difference.as_json()
        return {**found, "state": self.state}

    def __str__(self) -> str:
        """`the citations went by -0.012 (90 % interval … to …) on 120 questions`."""
        return f"{self.guard.shown} went {self.difference}"


def guards(targeted: Targeted) -> tuple[Guard, ...]:
    """Also the half of the answer that was not trained, and that earlier rounds are not forgotten.

    Liked answers are often the champion's own words: a generator may say the same in others, so
    there it is held to what is known to be right, and not to the wording.
    """
    primary: Metric = "mrr@10" if targeted == "retriever" else "f1"
    liked: Metric = "mrr@10" if targeted == "retriever" else "grounded"
    other: Metric = "f1" if targeted == "retriever" else "mrr@10"
    return (
        Guard("liked", liked, lambda row: row.slice == "liked", "what people liked"),
        Guard("abstention", "right_abstention", lambda row: not row.answerable, "right refusals"),
        Guard("answered", "right_abstention", lambda row: row.answerable, "answers given at all"),
        Guard("faithfulness", "faithfulness", everywhere, "faithfulness"),
        Guard("citations", "citation_precision", everywhere, "right citations"),
        Guard("earlier", primary, lambda row: row.judged > 0, "what earlier rounds were judged on"),
        Guard("endings", "ends_properly", everywhere, "answers that end properly"),
        Guard("other", other, everywhere, "answers" if other == "f1" else "retrieval"),
    )


def everywhere(row: HoldoutRow) -> bool:
    return True


def look(guard: Guard, pairs: Sequence[JudgedPair], margin: float, chance: Chance) -> Guarded:
    on = [pair for pair in pairs if guard.on(pair.question)]
    difference = compare(on, guard.metric, ALPHA, chance)
    return Guarded(guard, difference, state_of(difference, margin))


def state_of(difference: Difference | None, margin: float) -> State:
    if difference is None:
        return "unmeasured"
    found = difference.interval
    # One question more or less tells nothing, however few they are.
    allowed = max(margin, 1 / found.clusters + HAIR)
    within = found.clusters < ENOUGH and found.mean > -allowed and found.high >= 0
    if found.low > -margin or within:
        return "held"
    return "fell" if found.high < 0 and found.mean < -margin else "unclear"
