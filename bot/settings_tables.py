"""The tables of lorebot.toml that belong to the application: `[database]` and `[slack]`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

TABLE = ConfigDict(extra="forbid", frozen=True)


class Prompt(BaseModel):
    """A question that a direct message suggests: what its button says and what it asks."""

    model_config = TABLE

    title: str = Field(min_length=1, max_length=75)
    message: str = Field(min_length=1, max_length=1000)


PROMPTS = (
    Prompt(title="First days", message="What should I know in my first days here?"),
    Prompt(title="How we work", message="How do we work together?"),
    Prompt(title="Get help", message="Whom do I ask when something does not work?"),
)


class DatabaseSettings(BaseModel):
    """The `[database]` table of lorebot.toml."""

    model_config = TABLE

    url: str = Field(default="", repr=False)
    """sqlite:///file or postgresql://user:password@host/name; empty for a file in the home."""


class SlackSettings(BaseModel):
    """The `[slack]` table of lorebot.toml."""

    model_config = TABLE

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    mode: Literal["socket", "http"] = "socket"
    host: str = "127.0.0.1"
    """Where HTTP mode listens."""
    port: int = Field(default=3000, ge=0, le=65535)
    api_url: str = ""
    """Another address of Slack's Web API, such as the local workspace's; empty for Slack."""
    admins: Annotated[tuple[str, ...], NoDecode] = ()
    """User ids of those who may have Lorebot read and learn, and see how it is."""
    workers: int = Field(default=2, ge=1, le=64)
    """How many questions are answered at once."""
    prompts: tuple[Prompt, ...] = Field(default=PROMPTS, max_length=4)

    @field_validator("admins", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """An environment variable holds the ids with commas between them."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
