"""Which sides a retriever's adapter reads, as its weights say, and whose vectors it needs then."""

from __future__ import annotations

from pathlib import Path

from knowledge.adapters.manifest import WEIGHTS, Sides, sha256_of
from knowledge.errors import KnowledgeUnusable
from knowledge.tensor_files import read_note

NOTE = "lorebot_sides"
"""In the weights themselves, where whoever has just trained them can say it too."""


def sides_of(folder: Path) -> Sides:
    """Raises KnowledgeUnusable if the weights are damaged, or of a newer Lorebot."""
    noted = read_note(folder / WEIGHTS, NOTE)
    if noted in (None, "questions"):
        return "questions"
    if noted == "both":
        return "both"
    raise KnowledgeUnusable(
        f"The adapter in {folder} reads {noted}, which this Lorebot does not know: install the "
        "version that has trained it, or roll back to another release."
    )


def space_of(folder: Path) -> str | None:
    """Of an adapter of both sides, the space that it reads questions and passages into.

    It is named after the weights, not after the folder: what was read before the adapter was kept
    need not be read again. Raises KnowledgeUnusable.
    """
    return sha256_of(folder / WEIGHTS) if sides_of(folder) == "both" else None
