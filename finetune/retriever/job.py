"""What a training run of the retriever is told: plain data, that it may go to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from finetune.retriever.settings import RetrieverTraining

PATHS = ("pairs", "corpus", "out", "work", "start_from")


@dataclass(frozen=True, slots=True)
class RetrieverJob:
    pairs: Path
    """JSON lines of Pair."""
    corpus: Path
    """The folder that `save_corpus` wrote."""
    model: str
    """The embedding model's name or folder, as `knowledge.embedding_model` has it."""
    out: Path
    """Where the adapter goes; made when the run has succeeded."""
    work: Path
    """For checkpoints, from which the same job goes on where it was ended."""
    settings: RetrieverTraining = field(default_factory=RetrieverTraining)
    seed: int = 0
    threads: int = 0
    """0 takes one for each core, 1 makes runs repeatable to the bit."""
    start_from: Path | None = None
    """The adapter to go on from; without one, the run begins with the model as it is."""
    dense_weight: float | None = None
    """How much meaning is to count with what is learnt, in 0..1; None for as much as is set."""

    def as_json(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        told = {name: str(v) if isinstance(v, Path) else v for name, v in values.items()}
        return {**told, "settings": self.settings.model_dump()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RetrieverJob:
        paths = {name: Path(values[name]) for name in PATHS if values[name] is not None}
        settings = RetrieverTraining(**values["settings"])
        return cls(**{**values, **paths, "settings": settings})
