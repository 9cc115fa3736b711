"""What trains: examples in TRL's shapes, each with the rating that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.prompts import Message

Origin = Literal["rating", "correction", "verified", "documents", "likelihood", "control"]
"""`documents`: made from the documents themselves; `likelihood`: a soft label by the generator."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an example comes from, so that it can be found and taken out again."""

    origin: Origin
    interaction_id: str | None
    people: tuple[str, ...]
    """Whose label it is; they count against what one person may teach."""
    question: str
    """As it was asked: the split, and the check for leaks, go by it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """For the retriever. Ids are those of passages of the index that the run trains against."""

    question: str
    positives: tuple[int, ...]
    negatives: tuple[int, ...]
    """Passages that were shown and are wrong."""
    provenance: Provenance
    weight: float = 1.0
    soft: tuple[tuple[int, float], ...] = ()
    """Passages with their share, summing to 1: a distribution to come near to, instead of
    `positives` (REPLUG LSR, Shi et al. 2023)."""
    stands_for: float = 1.0
    """How many of the team's questions: of those that were found already only some train."""


@dataclass(frozen=True, slots=True)
class Sft:
    """For the generator: the serving prompt, and the answer to learn."""

    prompt: tuple[Message, ...]
    completion: str
    provenance: Provenance
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Preference:
    """For DPO: of two answers to a prompt, the better and the worse."""

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Judged:
    """For KTO: one answer, and whether people liked it."""

    prompt: tuple[Message, ...]
    completion: str
    label: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything that a cycle learns from."""

    pairs: tuple[Pair, ...] = ()
    sft: tuple[Sft, ...] = ()
    preferences: tuple[Preference, ...] = ()
    judged: tuple[Judged, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs) + len(self.sft) + len(self.preferences) + len(self.judged)
