"""What sources are called that nobody has to set."""

from __future__ import annotations

DOCUMENTS = "documents"
"""The folder knowledge.documents, where no sources are set."""
ANSWERS = "answers"
"""Verified answers; those of a single channel are called `answers:` and its id."""
PASSAGES = "passages"
"""Passages that came ready-made."""
LLAMA_INDEX = "llama-index"
"""Nodes that llama-index has added."""

KEPT = (PASSAGES, LLAMA_INDEX)
"""Nothing is read from these: a reindex keeps what was put there."""
RESERVED = (ANSWERS, *KEPT)
"""No source that is set may be called so."""


def answers_of(channel: str | None) -> str:
    return ANSWERS if channel is None else f"{ANSWERS}:{channel}"


def is_verified(source: str) -> bool:
    """Whether a source of this name holds verified answers."""
    return source == ANSWERS or source.startswith(f"{ANSWERS}:")
