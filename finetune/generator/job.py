"""A training run of the language model as plain data, to be handed to the process that runs it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from finetune.generator.settings import GeneratorTraining


@dataclass(frozen=True, slots=True)
class GeneratorJob:
    """What to learn, into which model, and where the adapter goes."""

    data: Path
    """Holds sft.jsonl, preferences.jsonl and judged.jsonl, or some of them."""
    model: str
    """As knowledge.local.model names it."""
    out: Path
    """The adapter's folder, which appears when it is whole."""
    work: Path
    """For checkpoints; a run of the same job takes up the last of them."""
    settings: GeneratorTraining = field(default_factory=GeneratorTraining)
    seed: int = 0
    threads: int = 0
    """0 takes one for each core; 1 makes runs repeatable to the bit."""
    start_from: Path | None = None
    """The folder of the adapter to go on from: the champion's."""

    def as_json(self) -> dict[str, Any]:
        plain = {name: str(v) if isinstance(v, Path) else v for name, v in self._fields().items()}
        return {**plain, "settings": self.settings.model_dump(mode="json")}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> GeneratorJob:
        start = given["start_from"]
        return cls(
            data=Path(given["data"]),
            model=given["model"],
            out=Path(given["out"]),
            work=Path(given["work"]),
            settings=GeneratorTraining.model_validate(given["settings"]),
            seed=given["seed"],
            threads=given["threads"],
            start_from=None if start is None else Path(start),
        )

    def _fields(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}
