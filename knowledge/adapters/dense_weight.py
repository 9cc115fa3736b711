"""How much similarity of meaning counts beside words with a retriever's adapter."""

from __future__ import annotations

from pathlib import Path

from knowledge.adapters.manifest import WEIGHTS
from knowledge.errors import KnowledgeUnusable
from knowledge.tensor_files import read_note

NOTE = "lorebot_dense_weight"
"""In the weights themselves, as the sides are: it goes live and back with them."""


def dense_weight_of(folder: Path) -> float | None:
    """In 0..1; None where the setting holds. Raises KnowledgeUnusable if it is no such number."""
    noted = read_note(folder / WEIGHTS, NOTE)
    if noted is None:
        return None
    try:
        weight = float(noted)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise KnowledgeUnusable(
            f"The adapter in {folder} wants meaning to count {noted}, which is no share of 1: roll "
            "back to another release, or train again."
        )
    return weight
