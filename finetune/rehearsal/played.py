"""What came of a rehearsal: each half of the questions, and both together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from db.cycles import CycleRecord
from finetune.bootstrap import Paired, interval
from finetune.evaluate import DEPTH, Evaluation, Score
from finetune.scorers import reciprocal_rank

ALPHA = 0.025
"""Of each bound: together they are those of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Played:
    """One cycle: what came of it, and the held-out questions after it."""

    record: CycleRecord
    after: Evaluation
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PlayedHalf:
    """One half of the questions asked, the other scored before and after each cycle."""

    asked: int
    before: Evaluation
    cycles: tuple[Played, ...]

    def as_json(self, number: int) -> dict[str, Any]:
        """Its cycle of that number, from 0."""
        played = self.cycles[number]
        return {
            "asked": self.asked,
            "held_out": len(self.before.scores),
            "verdict": played.record.status,
            "reason": played.record.reason,
            "delta": {"mrr@10": delta(self.before.scores, played.after.scores)},
            "seconds": dict(played.seconds),
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """With two halves every question is held out once, from models that have not learnt from it:
    two-fold cross-validation."""

    halves: tuple[PlayedHalf, ...]
    controls: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        before = together(half.before for half in self.halves)
        numbers = range(len(self.halves[0].cycles))
        return {
            "questions": {
                "asked": sum(half.asked for half in self.halves),
                "held_out": len(before.scores),
            },
            "before": before.as_json(),
            "cycles": [self.cycle_json(number, before) for number in numbers],
            "controls": dict(self.controls),
        }

    def cycle_json(self, number: int, before: Evaluation) -> dict[str, Any]:
        """The halves' cycles of that number as one; `seconds` are those of one cycle, the mean."""
        turns = [half.cycles[number] for half in self.halves]
        after = together(turn.after for turn in turns)
        steps = dict.fromkeys(step for turn in turns for step in turn.seconds)
        return {
            "strategy": turns[0].record.strategy,
            "verdict": verdict_of([turn.record.status for turn in turns]),
            "reason": " ".join(dict.fromkeys(turn.record.reason for turn in turns)),
            "after": after.as_json(),
            "delta": {"mrr@10": delta(before.scores, after.scores)},
            "seconds": {
                step: round(fmean(turn.seconds.get(step, 0.0) for turn in turns), 2)
                for step in steps
            },
            "halves": [half.as_json(number) for half in self.halves],
        }


def together(evaluations: Iterable[Evaluation]) -> Evaluation:
    """Of questions that are held out in turn, all."""
    every = list(evaluations)
    scores = tuple(score for one in every for score in one.scores)
    return Evaluation(scores, sum(one.seconds for one in every))


def verdict_of(verdicts: Sequence[str]) -> str:
    """What the halves say alike, or "mixed"."""
    return verdicts[0] if len(set(verdicts)) == 1 else "mixed"


def delta(before: Sequence[Score], after: Sequence[Score]) -> dict[str, float]:
    """The paired difference of the reciprocal ranks of answerable questions, with 95 % bounds."""
    pairs = [(b, a) for b, a in zip(before, after, strict=True) if b.answerable]
    differences = [rank(a) - rank(b) for b, a in pairs]
    names = [str(place) for place in range(len(pairs))]
    found = interval(Paired(differences, names, [1.0] * len(pairs)), ALPHA)
    return {
        "mean": round(found.mean, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
    }


def rank(score: Score) -> float:
    return reciprocal_rank(score.passage_rank, DEPTH)
