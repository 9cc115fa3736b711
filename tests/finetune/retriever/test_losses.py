"""The losses are what the papers write, on numbers that can be worked out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from finetune.retriever.losses import Lesson, found_loss, lessons_loss, likelihood_loss

SCORES = torch.tensor([1.0, 3.0, 0.5, 2.0, -1.0])
ONE = Lesson(ids=[1], positives=(1,), negatives=(), copies=(), soft=(), weight=1.0)


def unit(*rows: Sequence[float]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows, dtype=torch.float32), dim=-1)


def loss_of(scores: torch.Tensor, lesson: Lesson, negative_weight: float) -> float:
    return found_loss(scores[None], [lesson], negative_weight).item()


def test_one_positive_is_cross_entropy_over_all_passages() -> None:
    wanted = torch.nn.functional.cross_entropy(SCORES, torch.tensor(1))

    assert loss_of(SCORES, ONE, 1.0) == pytest.approx(wanted.item())


def test_any_of_several_positives_will_do() -> None:
    two = replace(ONE, positives=(1, 3))

    chance = torch.softmax(SCORES, 0)[[1, 3]].sum()

    assert loss_of(SCORES, two, 1.0) == pytest.approx(-chance.log().item())


def test_a_shown_and_wrong_passage_counts_as_several() -> None:
    wrong = replace(ONE, negatives=(3,))
    copied = torch.cat([SCORES, SCORES[[3, 3]]])

    assert loss_of(SCORES, wrong, 3.0) == pytest.approx(loss_of(copied, ONE, 1.0), rel=1e-5)


def test_a_copy_of_the_positive_is_as_if_it_were_not_there() -> None:
    copied = replace(ONE, copies=(3,))

    assert loss_of(SCORES, copied, 1.0) == pytest.approx(
        loss_of(SCORES[[0, 1, 2, 4]], ONE, 1.0), rel=1e-5
    )


def test_likelihoods_are_a_divergence_from_the_generators_shares() -> None:
    shares = torch.tensor([0.2, 0.8])
    wanted = torch.nn.functional.kl_div(
        shares.log(), torch.log_softmax(SCORES[[0, 3]], 0), log_target=True, reduction="sum"
    )

    assert likelihood_loss(SCORES, ((0, 0.2), (3, 0.8))).item() == pytest.approx(wanted.item())


def test_what_the_generator_finds_impossible_is_no_infinite_loss() -> None:
    assert torch.isfinite(likelihood_loss(SCORES, ((0, 0.0), (3, 1.0))))


def test_a_batch_is_a_mean_by_weight() -> None:
    questions, passages = unit([1, 0.2], [0.3, 1]), unit([1, 0], [0, 1], [1, 1])
    lessons = [replace(ONE, positives=(0,)), replace(ONE, positives=(1,), weight=3.0)]
    scores = questions @ passages.T / 0.5

    loss = lessons_loss(
        questions, questions, lessons, passages, temperature=0.5, negative_weight=1, anchor=1
    )

    first, second = (loss_of(s, x, 1) for s, x in zip(scores, lessons, strict=True))
    assert loss.item() == pytest.approx((first + 3 * second) / 4, rel=1e-5)


def test_the_anchor_adds_how_far_a_question_has_moved() -> None:
    questions, before, passages = unit([1, 1]), unit([1, 0]), unit([1, 0], [0, 1])
    free, held = (
        lessons_loss(
            questions, before, [ONE], passages, temperature=1, negative_weight=1, anchor=anchor
        ).item()
        for anchor in (0, 2)
    )

    assert held - free == pytest.approx(2 * (1 - 0.5**0.5), rel=1e-4)


def test_soft_and_plain_lessons_share_a_batch() -> None:
    questions, passages = unit([1, 0.2], [0.3, 1]), unit([1, 0], [0, 1], [1, 1])
    soft = ((0, 0.2), (1, 0.8))
    lessons = [replace(ONE, positives=(0, 2)), replace(ONE, positives=(1,), soft=soft)]
    scores = questions @ passages.T / 0.5

    loss = lessons_loss(
        questions, questions, lessons, passages, temperature=0.5, negative_weight=1, anchor=0
    )

    parts = loss_of(scores[0], lessons[0], 1) + likelihood_loss(scores[1], soft).item()
    assert loss.item() == pytest.approx(parts / 2, rel=1e-5)
