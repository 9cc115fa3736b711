"""What can be set about the training of the language model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["sft", "dpo", "kto", "apo"]

LEARNING_RATES: dict[Method, float] = {"sft": 2e-4, "dpo": 2e-5, "kto": 2e-5, "apo": 2e-5}
"""For LoRA, about ten times what is usual for all weights (LoRA Without Regret, 2025)."""


class GeneratorTraining(BaseModel):
    """The `[training.generator]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    method: Literal["auto", "sft", "dpo", "kto", "apo"] = "auto"
    """What is learnt from: right answers (sft), better against worse ones (dpo), or single votes
    (kto, and apo where all votes are alike). "auto" is the first of them that there is data for."""
    rank: int = Field(default=16, ge=1, le=256)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: tuple[str, ...] = ()
    """The layers that get an adapter, by the ends of their names; empty for all linear ones."""
    epochs: int = Field(default=3, ge=1, le=100)
    learning_rate: float | None = Field(default=None, gt=0)
    """None is what suits the method: 2e-4 for sft, 2e-5 for the others."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """The share of the steps in which the learning rate rises."""
    beta: float = Field(default=0.1, gt=0)
    """Of dpo, kto and apo: how dear it is to part from the reference."""
    reference: Literal["champion", "base"] = "champion"
    """What dpo, kto and apo must not part from: the adapter that serves, which bounds what one
    cycle can change, or the model without an adapter."""
    max_tokens: int = Field(default=4096, ge=128, le=1_000_000)
    """Prompt and answer together; longer prompts lose passages, answers are never cut."""
    batch_rows: int = Field(default=8, ge=1)
    """The most examples in one pass of the model."""
    batch_tokens: int = Field(default=8192, ge=128)
    """The most tokens in one pass: lower it where memory is short."""
    accumulate: int = Field(default=1, ge=1)
    """Passes to a step."""
    checkpoint_steps: int = Field(default=50, ge=1)
    """Steps after which a run that was broken off can be taken up again."""
    gradient_checkpointing: bool = False
    """Less memory for a third more time."""
    precision: Literal["auto", "float32"] = "auto"
    """"auto" is bfloat16 where the processor or GPU computes with it."""
    quantize: Literal["none", "4bit"] = "none"
    """"4bit" is QLoRA (Dettmers et al. 2023): needs a CUDA GPU and `pip install bitsandbytes`."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"

    def rate(self, method: Method) -> float:
        return self.learning_rate or LEARNING_RATES[method]
