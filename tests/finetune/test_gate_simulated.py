"""What has learnt nothing seldom passes, and what is better mostly does: reduced simulations.

`python -m tests.benchmarks.bench_gate` runs them in full.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from finetune.difference import Chance
from finetune.gate import decide
from finetune.judge import Judgement
from tests.simulated_judgements import World, flattered, simulate


def promoted(make: Callable[[int], Judgement], cycles: int = 100) -> int:
    return sum(
        decide(make(seed), targeted="generator", chance=Chance(500, seed)).promote
        for seed in range(cycles)
    )


NULLS = [
    pytest.param(World(questions=76, unanswerable=10), id="76 questions"),
    pytest.param(World(questions=30, unanswerable=5), id="30 questions"),
    pytest.param(
        World(questions=76, unanswerable=10, differ=0.05, other_differ=0.03, flips=0.01),
        id="nearly nothing differs",
    ),
]


@pytest.mark.parametrize("world", NULLS)
def test_where_nothing_was_learnt_at_most_5_of_100_pass(world: World) -> None:
    assert promoted(lambda seed: simulate(world, seed)) <= 5


def test_of_true_gains_with_300_questions_at_least_90_of_100_pass() -> None:
    assert promoted(lambda seed: simulate(World(gain=0.05), seed)) >= 90


def test_a_clear_gain_on_76_questions_mostly_passes() -> None:
    world = World(questions=76, unanswerable=10, gain=0.1)

    assert promoted(lambda seed: simulate(world, seed), 40) >= 28


def test_a_candidate_that_merely_differs_is_not_flattered_by_failed_questions() -> None:
    world = World(questions=76, spread=0.15)

    assert promoted(lambda seed: flattered(world, seed, kept=0.25), 60) <= 6
