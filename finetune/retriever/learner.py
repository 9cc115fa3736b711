"""The embedding model with a LoRA adapter that learns."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from finetune.retriever.settings import RetrieverTraining
from knowledge.adapters.dense_weight import NOTE as DENSE_WEIGHT
from knowledge.adapters.manifest import CONFIG, WEIGHTS, Sides
from knowledge.adapters.sides import NOTE as SIDES
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_adapter import PREFIX, sharing_copy
from knowledge.question_adapter import question_network

AT_ONCE = 64
"""Texts that are encoded together where nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Learner:
    """`network` shares the model's weights; only the adapter's are its own, and they learn."""

    embedder: Embedder
    network: Any

    def encode(self, ids: Sequence[list[int]]) -> torch.Tensor:
        """Unit vectors, shape (texts, dimension), as serving makes them, and differentiable."""
        return self.embedder.encode(self.network, self.embedder.padded(ids))

    def vectors(self, ids: Sequence[list[int]]) -> torch.Tensor:
        """The same, of any number of texts, and not differentiable."""
        with torch.no_grad():
            parts = [self.encode(ids[i : i + AT_ONCE]) for i in range(0, len(ids), AT_ONCE)]
        return torch.cat(parts)

    def weights(self) -> dict[str, torch.nn.Parameter]:
        """What learns, by name and in the order of the names."""
        named = self.network.named_parameters()
        return dict(sorted((name, weight) for name, weight in named if "lora_" in name))

    def save(
        self, folder: Path, sides: Sides = "questions", dense_weight: float | None = None
    ) -> None:
        """Write the adapter as peft does, the same bytes for the same weights; whole or not."""
        from peft import get_peft_model_state_dict

        beside = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        # Only the adapter: else peft asks the hub whether the vocabulary has changed.
        state = get_peft_model_state_dict(self.network, save_embedding_layers=False)
        tensors = {PREFIX + name: value.contiguous().cpu() for name, value in state.items()}
        notes: dict[str, str] = {SIDES: sides}
        if dense_weight is not None:
            notes[DENSE_WEIGHT] = str(dense_weight)
        save_file(dict(sorted(tensors.items())), beside / WEIGHTS, notes)
        config = {**self.network.peft_config["default"].to_dict(), "inference_mode": True}
        # peft keeps sets, whose order changes from process to process.
        text = json.dumps(config, default=sorted, indent=2, sort_keys=True)
        (beside / CONFIG).write_text(text + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)


def open_learner(
    embedder: Embedder, settings: RetrieverTraining, seed: int, start_from: Path | None = None
) -> Learner:
    """With a fresh adapter, which changes nothing yet, or one that goes on from another's weights.

    Raises KnowledgeUnusable if the other one is damaged or of another model, or peft is missing.
    """
    if importlib.util.find_spec("peft") is None:
        raise KnowledgeUnusable("Training needs peft: pip install 'lorebot[local]'")
    if start_from is not None:
        network = question_network(embedder, start_from)
    else:
        network = fresh(embedder, settings.rank, settings.alpha, seed)
    learner = Learner(embedder, network)
    for weight in learner.weights().values():
        weight.requires_grad_(True)
    return learner


def fresh(embedder: Embedder, rank: int, alpha: int, seed: int) -> Any:
    # Here, because it takes seconds to import.
    from peft import LoraConfig, inject_adapter_in_model

    network = sharing_copy(embedder.network)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=linear_layers(network),
        base_model_name_or_path=embedder.model_name,
        task_type="FEATURE_EXTRACTION",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, network)
    # Without dropout: questions are few, and passages were embedded without it.
    return network.to(embedder.network.device).eval()


def linear_layers(network: Any) -> list[str]:
    """Full names, without those behind the token states, which have no part in a vector."""
    return sorted(
        name
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Linear) and "pooler" not in name
    )
