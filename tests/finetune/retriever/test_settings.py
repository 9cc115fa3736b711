"""What a run of the retriever does where the settings leave it open."""

from __future__ import annotations

import pytest

from finetune.retriever.settings import RetrieverTraining
from knowledge.adapters.manifest import Sides


@pytest.mark.parametrize(("sides", "rounds"), [("questions", 10), ("both", 6)])
def test_how_often_examples_are_seen_follows_from_the_sides(sides: Sides, rounds: int) -> None:
    assert RetrieverTraining(sides=sides).rounds == rounds


def test_what_somebody_has_set_stays() -> None:
    assert RetrieverTraining(epochs=3).rounds == 3
