"""Intervals hold what they promise, clusters count once, and chance is told from a gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from finetune.bootstrap import Interval, Paired, chance_of_gain, interval


def paired(differences: Sequence[float], clusters: Sequence[str] = ()) -> Paired:
    names = clusters or [f"c{number}" for number in range(len(differences))]
    return Paired(differences, names, [1.0] * len(differences))


def normal(seed: int, count: int, mean: float = 0.0) -> list[float]:
    return [float(x) for x in np.random.default_rng(seed).normal(mean, 0.3, count)]


def test_the_bounds_are_those_of_the_mean() -> None:
    found = interval(paired(normal(1, 400, mean=0.1)), alpha=0.05)

    error = 0.3 / 400**0.5
    assert found.mean == pytest.approx(0.1, abs=2 * error)
    assert found.mean - found.low == pytest.approx(1.645 * error, rel=0.1)
    assert found.high - found.mean == pytest.approx(1.645 * error, rel=0.1)


def test_the_lower_bound_is_above_the_truth_as_seldom_as_it_says() -> None:
    lows = [interval(paired(normal(seed, 60)), 0.05, 500, seed).low for seed in range(400)]

    assert np.mean(np.array(lows) > 0) == pytest.approx(0.05, abs=0.03)


def test_equal_differences_leave_no_doubt() -> None:
    assert interval(paired([0.0] * 20), 0.05) == Interval(0.0, 0.0, 0.0, 20, 20)


def test_the_same_questions_give_the_same_interval() -> None:
    assert interval(paired(normal(1, 50)), 0.05) == interval(paired(normal(1, 50)), 0.05)


def test_a_question_asked_four_times_counts_once() -> None:
    alone = interval(paired(normal(1, 50, 0.1)), 0.05)
    names = [f"c{number // 4}" for number in range(200)]
    repeated = [value for value in normal(1, 50, 0.1) for _ in range(4)]

    together = interval(paired(repeated, names), 0.05)

    assert (together.questions, together.clusters) == (200, 50)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert chance_of_gain(paired(repeated, names)) == pytest.approx(
        chance_of_gain(paired(normal(1, 50, 0.1))), abs=0.01
    )


def test_what_weighs_less_says_less() -> None:
    found = interval(Paired([1.0, 0.0, 0.0], ["a", "b", "c"], [0.5, 1.0, 1.0]), 0.05)

    assert found.mean == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("differences", "chance"),
    [
        ([0.5] * 5, 1 / 32),
        ([0.5] * 4 + [0.0] * 70, 1 / 16),
        ([0.5, -0.5], 3 / 4),
        ([0.3, 0.2, 0.1], 1 / 8),
        ([-0.1], 1.0),
        ([0.0] * 9, 1.0),
        ([], 1.0),
    ],
)
def test_a_handful_of_differences_is_counted_out(differences: list[float], chance: float) -> None:
    assert chance_of_gain(paired([*differences, 0.0])) == pytest.approx(chance)


def test_many_differences_are_sampled_to_the_same_end() -> None:
    differences = normal(3, 13, 0.1)
    signs = np.arange(2**13)[:, None] >> np.arange(13) & 1
    exact = np.mean((2 * signs - 1) @ np.array(differences) >= sum(differences) - 1e-9)

    assert chance_of_gain(paired(differences)) == pytest.approx(float(exact), abs=0.01)


def test_the_chance_is_as_small_as_it_says_where_nothing_was_learnt() -> None:
    chances = [chance_of_gain(paired(normal(seed, 30)), 500, seed) for seed in range(400)]

    assert np.mean(np.array(chances) <= 0.05) == pytest.approx(0.05, abs=0.03)
