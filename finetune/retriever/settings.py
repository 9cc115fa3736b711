"""What can be set about the training of the retriever."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RetrieverTraining(BaseModel):
    """The `[training.retriever]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    rank: int = Field(default=16, ge=1, le=256)
    alpha: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0, le=0.1)
    epochs: int = Field(default=10, ge=1, le=1_000)
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
