"""What can be set about the training of the retriever."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RetrieverTraining(BaseModel):
    """The `[training.retriever]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    rank: int = Field(default=16, ge=1, le=256)
    alpha: int = Field(default=32, ge=1)
