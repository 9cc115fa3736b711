"""Which arms differ, and how surely: paired differences on the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

from finetune.bootstrap import Paired, chance_of_gain, interval
from finetune.comparison.arms import ARMS, Arm
from finetune.comparison.scores import Rows, Scored

Measure = Literal["f1", "containment"]
MEASURES: tuple[Measure, ...] = ("f1", "containment")
ALPHA = 0.025
"""Of each bound: together they are those of a 95 % interval."""
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better `better` is than `worse`; `p` is two-sided and corrected by Holm."""

    better: Arm
    worse: Arm
    measure: Measure
    mean: float
    low: float
    high: float
    p: float

    @property
    def significant(self) -> bool:
        return self.p < SIGNIFICANT

    def as_json(self) -> dict[str, Any]:
        return {
            "arm": self.better,
            "against": self.worse,
            "measure": self.measure,
            "mean": round(self.mean, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "p": round(self.p, 4),
            "significant": self.significant,
        }


def differences(rows: Rows) -> tuple[Difference, ...]:
    """Of each pair of arms by each measure, on the questions that have an answer."""
    return tuple(one for measure in MEASURES for one in holm(list(of_measure(rows, measure))))


def of_measure(rows: Rows, measure: Measure) -> Iterator[Difference]:
    for worse, better in combinations(ARMS, 2):
        paired = pair(values(rows[better], measure), values(rows[worse], measure))
        found = interval(paired, ALPHA)
        chance = two_sided(paired)
        yield Difference(better, worse, measure, found.mean, found.low, found.high, chance)


def interaction(rows: Rows) -> Mapping[Measure, dict[str, float]]:
    """What both bring together beyond what each brings alone: RAG + fine-tuned - RAG - fine-tuned
    + base, with the bounds of a 95 % interval."""
    told: dict[Measure, dict[str, float]] = {}
    for measure in MEASURES:
        of = {arm: values(rows[arm], measure) for arm in ARMS}
        together = [a + b for a, b in zip(of["rag_fine_tuned"], of["base"], strict=True)]
        alone = [a + b for a, b in zip(of["rag"], of["fine_tuned"], strict=True)]
        found = interval(pair(together, alone), ALPHA)
        told[measure] = {
            "mean": round(found.mean, 4),
            "low": round(found.low, 4),
            "high": round(found.high, 4),
        }
    return told


def values(rows: Sequence[Scored], measure: Measure) -> list[float]:
    return [getattr(row, measure) for row in rows if row.answerable]


def pair(better: Sequence[float], worse: Sequence[float]) -> Paired:
    changed = [b - w for b, w in zip(better, worse, strict=True)]
    return Paired(changed, [str(place) for place in range(len(changed))], [1.0] * len(changed))


def two_sided(paired: Paired) -> float:
    other = replace(paired, differences=[-one for one in paired.differences])
    return min(1.0, 2 * min(chance_of_gain(paired), chance_of_gain(other)))


def holm(found: Sequence[Difference]) -> list[Difference]:
    """The same with their chances raised for how many are looked at (Holm 1979)."""
    raised: dict[int, float] = {}
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(found)), key=lambda i: found[i].p)):
        highest = max(highest, min(1.0, found[place].p * (len(found) - rank)))
        raised[place] = highest
    return [replace(one, p=raised[place]) for place, one in enumerate(found)]
