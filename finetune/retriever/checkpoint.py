"""Where a run goes on when it was ended: a file in its work folder."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from finetune.retriever.corpus import IDS
from finetune.retriever.job import RetrieverJob


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Of one job; what another job has left, or the same with other data, is not seen."""

    path: Path
    mark: str

    @classmethod
    def of(cls, job: RetrieverJob, model: str) -> Checkpoint:
        """`model` names the embedding model's weights."""
        aside = {"out": "", "work": "", "threads": 0, "dense_weight": None}
        told = {**job.as_json(), **aside, "model": model}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for path in (job.pairs, job.corpus / IDS):
            digest.update(path.read_bytes())
        return cls(job.work / f"checkpoint-{job.seed}.pt", digest.hexdigest())

    def save(self, state: dict[str, Any]) -> None:
        """Whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        torch.save({**state, "mark": self.mark}, beside)
        os.replace(beside, self.path)

    def load(self) -> dict[str, Any] | None:
        """None where there is none, or it cannot be read: the run begins anew then."""
        try:
            # Tensors and numbers alone: nothing that is pickled runs.
            state: dict[str, Any] = torch.load(self.path, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return None
        return state if state.get("mark") == self.mark else None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
