"""What can be set about a language model behind an OpenAI-compatible server."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ServerSettings(BaseModel):
    """The `[knowledge.server]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    """Where the API begins, ending in /v1: that of vLLM, llama.cpp, Ollama or a hosted service."""
    model: str = ""
    """The model's name there."""
    api_key: SecretStr = SecretStr("")
    """Better kept in the environment variable LOREBOT_KNOWLEDGE__SERVER__API_KEY."""
    context_tokens: int = Field(default=8192, ge=256, le=10_000_000)
    """Prompt and answer together."""
    max_new_tokens: int = Field(default=400, ge=16, le=32_768)
    """The longest answer."""
    connect_seconds: float = Field(default=5, gt=0, le=120)
    stall_seconds: float = Field(default=30, gt=0, le=600)
    """A server that says nothing for so long is given up."""
    seconds: float = Field(default=120, gt=0, le=3600)
    """An answer that takes longer is ended where it is."""
    adapters: bool = False
    """Whether it is a vLLM that loads LoRA adapters at run time; the release's is kept loaded."""

    @model_validator(mode="after")
    def leaves_room_for_a_prompt(self) -> Self:
        if self.max_new_tokens >= self.context_tokens:
            raise ValueError(
                f"max_new_tokens ({self.max_new_tokens}) must be less than context_tokens "
                f"({self.context_tokens}), which hold the prompt too"
            )
        return self
