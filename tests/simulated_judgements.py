"""Judgements of candidates of which it is known what they are: no better, or better by so much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from db.holdout import HoldoutRow
from finetune.judge import JudgedPair, Judgement, Metric, Scores

Column = npt.NDArray[np.float64]

SUPPORT: tuple[Metric, ...] = ("grounded", "faithfulness", "citation_precision")


@dataclass(frozen=True, slots=True)
class World:
    """How questions differ between two releases that are equally good.

    The shares of ties and the spread are those measured between real runs of one model.
    """

    questions: int = 300
    """Answerable ones, half of them rated down and half of them liked."""
    unanswerable: int = 50
    gain: float = 0.0
    """Of the primary metric, for every answerable question in the mean."""
    differ: float = 0.55
    """The share of questions on which the primary metric differs at all."""
    spread: float = 0.35
    other_differ: float = 0.3
    other_spread: float = 0.2
    flips: float = 0.04
    """The share of questions on which one release refuses and the other does not."""
    judged: int = 0


def simulate(world: World, seed: int, primary: Metric = "f1") -> Judgement:
    chance = np.random.default_rng(seed)
    count = world.questions
    ours = chance.beta(2, 2, count)
    theirs = ours + world.gain + noise(chance, count, world.differ, world.spread)
    other: Metric = "mrr@10" if primary == "f1" else "f1"
    answerable = [
        pair(question(number, world), chance, world, {primary: old, other: 0.5}, {primary: new})
        for number, (old, new) in enumerate(zip(ours, theirs, strict=True))
    ]
    refused = [
        pair(unanswerable(count + number, world), chance, world, {}, {})
        for number in range(world.unanswerable)
    ]
    return Judgement((*answerable, *refused))


def flattered(world: World, seed: int, kept: float, primary: Metric = "f1") -> Judgement:
    """A candidate that merely differs, on questions that were sorted by how the champion did; only
    the share `kept` of what it did well was liked aloud."""
    chance = np.random.default_rng(seed)
    quality = chance.beta(2, 2, 2 * world.questions)
    ours = quality + noise(chance, len(quality), world.differ, world.spread)
    theirs = quality + noise(chance, len(quality), world.differ, world.spread)
    pairs = []
    for number, (old, new) in enumerate(zip(ours, theirs, strict=True)):
        low = old < 0.5
        if low or chance.random() < kept:
            row = replace(question(number, world), slice="low_rated" if low else "liked")
            pairs.append(pair(row, chance, world, {primary: old}, {primary: new}))
    return Judgement(tuple(pairs[: world.questions]))


def noise(chance: np.random.Generator, count: int, differ: float, spread: float) -> Column:
    return np.where(chance.random(count) < differ, chance.normal(0, spread, count), 0.0)


def question(number: int, world: World) -> HoldoutRow:
    kind = "low_rated" if number % 2 else "liked"
    return HoldoutRow(
        number, f"question {number}?", ("a",), (), True, kind, f"c{number}", world.judged
    )


def unanswerable(number: int, world: World) -> HoldoutRow:
    row = question(number, world)
    return replace(row, answers=(), answerable=False, slice="abstention")


def pair(
    row: HoldoutRow, chance: np.random.Generator, world: World, old: Scores, new: Scores
) -> JudgedPair:
    champion, candidate = measured(chance), measured(chance)
    for metric in SUPPORT:
        differs = float(chance.random() < world.other_differ)
        champion[metric] = 0.8
        candidate[metric] = 0.8 + differs * chance.normal(0, world.other_spread)
    if chance.random() < world.flips:
        refuses = float(chance.random() < 0.5)
        champion["right_abstention"], candidate["right_abstention"] = refuses, 1 - refuses
    return JudgedPair(row, champion | old, candidate | old | new)


def measured(chance: np.random.Generator) -> Scores:
    return {
        "right_abstention": 1.0,
        "ends_properly": float(chance.random() < 0.99),
        "length": float(chance.integers(20, 60)),
        "latency_ms": 400 * float(chance.lognormal(0, 0.4)),
    }
