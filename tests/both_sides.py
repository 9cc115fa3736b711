"""Makes adapters of both sides on the spot: random weights that say what they read."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from knowledge.adapters.manifest import WEIGHTS
from knowledge.adapters.sides import NOTE
from knowledge.embed import Embedder
from tests.question_adapter import make_question_adapter


def make_both_sides(folder: Path, embedder: Embedder, seed: int = 1) -> Path:
    """An adapter that changes the vectors of questions and of passages."""
    return note(make_question_adapter(folder, embedder, seed), "both")


def note(folder: Path, sides: str) -> Path:
    """Let the weights say that they read these sides."""
    save_file(load_file(folder / WEIGHTS), folder / WEIGHTS, {NOTE: sides})
    return folder
