"""What a run of the retriever learns where the settings leave it open."""

from __future__ import annotations

import pytest

from finetune.retriever.settings import FEW, RetrieverTraining


def test_both_sides_learn_while_all_passages_can_be_read_anew_in_minutes() -> None:
    settings = RetrieverTraining()

    assert settings.sides_for(FEW, mirrored=False) == "both"
    assert settings.sides_for(FEW + 1, mirrored=False) == "questions"
    assert settings.sides_for(FEW, mirrored=True) == "questions"


def test_what_somebody_has_set_stays() -> None:
    assert RetrieverTraining(sides="both").sides_for(FEW + 1, mirrored=True) == "both"
    assert RetrieverTraining(sides="questions").sides_for(1, mirrored=False) == "questions"


@pytest.mark.parametrize(("sides", "epochs"), [("questions", 10), ("both", 6)])
def test_epochs_follow_from_the_sides_unless_they_are_set(sides: str, epochs: int) -> None:
    assert RetrieverTraining().epochs_for(sides) == epochs  # type: ignore[arg-type]
    assert RetrieverTraining(epochs=3).epochs_for(sides) == 3  # type: ignore[arg-type]
