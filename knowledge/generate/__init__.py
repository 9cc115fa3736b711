"""From a question and passages to an answer's sentences: the seam that every generator fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from knowledge.answers import FoundPassage


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the passage that supports it, by its place in the passages."""

    text: str
    passage: int
    quote: str
    """The supporting sentence, word for word as the passage has it."""
    score: float = 0.0
    """How much the sentence says to the question; only its order counts."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator says, and in 0..1 how well the best sentence fits the question."""

    statements: tuple[Statement, ...]
    fit: float


class Generator(Protocol):
    """Writes an answer out of passages. `name` goes into every stored interaction."""

    @property
    def name(self) -> str: ...

    def generate(self, question: str, passages: Sequence[FoundPassage]) -> Draft: ...
