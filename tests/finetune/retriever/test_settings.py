"""What a run of the retriever does where the settings leave it open."""

from __future__ import annotations

import pytest

from finetune.retriever.settings import RetrieverTraining
from knowledge.adapters.manifest import Sides


@pytest.mark.parametrize(("sides", "rounds"), [("questions", 10), ("both", 6)])
def test_how_often_examples_are_seen_follows_from_the_sides(sides: Sides, rounds: int) -> None:
    assert RetrieverTraining(sides=sides).rounds == rounds


@pytest.mark.parametrize(("sides", "share"), [("questions", 0.3), ("both", 0.0)])
def test_what_is_left_out_of_a_question_follows_from_the_sides(sides: Sides, share: float) -> None:
    assert RetrieverTraining(sides=sides).dropped == share


def test_what_somebody_has_set_stays() -> None:
    assert RetrieverTraining(epochs=3).rounds == 3
    assert RetrieverTraining(dropout=0.0).dropped == 0.0
