"""What can be set about documents, retrieval and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.generate.local_settings import LocalSettings
from knowledge.generate.server_settings import ServerSettings


class KnowledgeSettings(BaseModel):
    """The `[knowledge]` table of lorebot.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: Path = Path("docs")
    """The folder of documents, where no `[[sources]]` are set; relative to the settings file."""
    base_url: str = ""
    """Where people read the documents: a citation links to base_url + path."""
    embedding_model: str = "all-MiniLM-L6-v2"
    """A Hugging Face model name or a folder; the default needs no download."""
    passage_tokens: int = Field(default=240, ge=50, le=2000)
    """The longest passage, in tokens of the embedding model."""
    top_k: int = Field(default=6, ge=1, le=50)
    """How many passages an answer may be made from."""
    dense_weight: float = Field(default=0.65, ge=0, le=1)
    """Share of meaning against words in a passage's score, for scripts that the model knows."""
    reranker: str = ""
    """A cross-encoder that orders the best candidates anew: a Hugging Face name or a folder."""
    generator: Literal["quotes", "local", "server"] = "quotes"
    """What answers: the sentences themselves, or a language model, here or on a server."""
    unsupported: Literal["mark", "drop"] = "mark"
    """What becomes of a language model's sentences that no passage supports."""
    vector_store: dict[str, Any] = {}
    """Another of llama-index's vector stores to search by meaning: its class and its options."""
    stemmer: str = "english"
    """Snowball stemmer for words in Latin script; empty for none."""
    max_file_mb: int = Field(default=50, ge=1, le=2000)
    parse_seconds: int = Field(default=60, ge=1, le=3600)
    parse_memory_mb: int = Field(default=512, ge=256, le=16384)
    threads: int = Field(default=0, ge=0)
    """Threads for the embedding model; 0 takes one for each core."""
    local: LocalSettings = LocalSettings()
    server: ServerSettings = ServerSettings()
