"""What can be set about a language model that runs in this process."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LocalSettings(BaseModel):
    """The `[knowledge.local]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = ""
    """A causal language model with a chat template: a Hugging Face name or a folder."""
    adapter: str = ""
    """A folder with a LoRA adapter for it, as peft saves them, until a release brings its own."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "float32"] = "auto"
    """"auto" is bfloat16, or float16, where the processor or GPU computes with it."""
    context_tokens: int = Field(default=4096, ge=256, le=1_000_000)
    """Prompt and answer together."""
    max_new_tokens: int = Field(default=400, ge=16, le=8192)
    """The longest answer."""
    batch: int = Field(default=8, ge=1, le=256)
    """How many questions are answered in one pass of the model."""
    queue: int = Field(default=32, ge=1, le=10_000)
    """How many questions may wait; the next one gets the quoted passages."""
    seconds: int = Field(default=120, ge=1, le=3600)
    """An answer that takes longer is ended where it is."""
