"""What can be set about the training of the retriever."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from knowledge.adapters.manifest import Sides

ENOUGH: Mapping[Sides, int] = {"questions": 10, "both": 6}
"""Epochs."""
AVERAGED: Mapping[Sides, int] = {"questions": 3, "both": 1}
"""Runs: on both sides each takes minutes."""
DROPPED: Mapping[Sides, float] = {"questions": 0.3, "both": 0.0}
"""Shares of a question's word pieces."""


class RetrieverTraining(BaseModel):
    """The `[training.retriever]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    sides: Sides = "questions"
    """Whether only questions are read by what is learnt, or passages as well: these are embedded
    anew then, beside their old vectors, before it goes live."""
    rank: int = Field(default=16, ge=1, le=256)
    alpha: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0, le=0.1)
    epochs: int = Field(default=0, ge=0, le=1_000)
    """0 stands for what was measured to be enough."""
    soup: int = Field(default=0, ge=0, le=10)
    """Runs, each with a seed of its own, whose average is taken: what one of them has learnt by
    chance weighs less. 0 stands for what was measured to be worth its time."""
    dropout: float | None = Field(default=None, ge=0, le=0.9)
    """The share of a question's word pieces that are left out, others each time that it is seen.
    None stands for what was measured to teach most."""
    batch: int = Field(default=32, ge=1, le=4_096)
    """Questions in a step."""
    temperature: float = Field(default=0.05, gt=0, le=1)
    """Of the softmax over the passages' cosines."""
    anchor: float = Field(default=3.0, ge=0)
    """How strongly questions are held where they were before the run."""
    negative_weight: float = Field(default=4.0, ge=1)
    """As how many other passages one counts that was shown and is wrong."""
    corpus: int = Field(default=65_536, ge=1_000)
    """Passages to train against; of a larger index, those near to the questions and some others."""
    weigh: bool = True
    """Whether it is learnt as well how much meaning counts beside words."""
    near: int = Field(default=1, ge=0, le=20)
    """Of both sides: passages near to a question that are read with it, to be told apart."""

    @property
    def rounds(self) -> int:
        """How often every example is seen."""
        return self.epochs or ENOUGH[self.sides]

    @property
    def dropped(self) -> float:
        return DROPPED[self.sides] if self.dropout is None else self.dropout

    @property
    def runs(self) -> int:
        return self.soup or AVERAGED[self.sides]
