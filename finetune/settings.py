"""What can be set about learning: the `[training]` table of lorebot.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finetune.generator.settings import GeneratorTraining
from finetune.retriever.settings import RetrieverTraining

Strategy = Literal["staged", "joint", "iterative", "domain-first"]


class TrainingSettings(BaseModel):
    """Training on what people wrote is off until somebody turns it on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    schedule: str = ""
    """When a cycle begins, as a cron line; empty for only when an admin asks for it."""
    strategy: Strategy = "staged"
    promote: bool = True
    """Whether a candidate that passes the gate goes live at once, or waits for an admin."""
    min_examples: int = Field(default=20, ge=1)
    """With fewer a cycle does not train."""
    labels_per_person: int = Field(default=20, ge=1)
    """The most that one person may teach in a cycle."""
    direct_messages: bool = False
    """Whether questions from direct messages to the bot train too; private channels never do."""
    margin: float = Field(default=0.05, gt=0, lt=1)
    """How much worse a candidate may be, with 95 % confidence, where it must not be worse."""
    seed: int = 0
    minutes: int = Field(default=60, ge=1)
    """After which a training run is ended."""
    memory_mb: int = Field(default=8192, ge=512)
    """More than this, and a training run is ended."""
    niceness: int = Field(default=10, ge=0, le=19)
    threads: int = Field(default=0, ge=0)
    """Of a training run; 0 takes one for each core, 1 makes runs repeatable to the bit."""
    retriever: RetrieverTraining = RetrieverTraining()
    generator: GeneratorTraining = GeneratorTraining()
