"""When a loss ends a run."""

from __future__ import annotations

from math import inf, nan

import pytest

from finetune.generator.divergence import LossWatch
from finetune.runs import TrainingFailed


def watched(*losses: float) -> LossWatch:
    watch = LossWatch()
    for loss in losses:
        watch.add(loss)
    return watch


@pytest.mark.parametrize("loss", [nan, inf, -inf])
def test_a_loss_that_is_no_number_ends_the_run(loss: float) -> None:
    with pytest.raises(TrainingFailed, match=r"learning_rate\.$"):
        watched(1.0, loss)


def test_a_loss_that_climbs_ends_the_run() -> None:
    with pytest.raises(TrainingFailed, match="rose from 1 to 5,"):
        watched(*[1.0] * 10, *[5.0] * 40)


def test_a_single_bad_batch_does_not() -> None:
    assert watched(*[0.7] * 10, 9.0, *[0.6] * 10).last == pytest.approx(0.6)


def test_batches_of_two_kinds_are_no_climb() -> None:
    assert watched(*[0.5] * 4, 3.0, *[0.5] * 5, *[3.0] * 10).last == 3.0


def test_a_loss_that_falls_is_told_from_its_ends() -> None:
    watch = watched(*[2.0] * 10, *[1.5] * 10, *[1.0] * 10)
    assert (watch.first, watch.last) == (2.0, 1.0)


def test_of_a_short_run_the_halves_are_told() -> None:
    watch = watched(3.0, 3.0, 1.0, 1.0)
    assert (watch.first, watch.last) == (3.0, 1.0)
