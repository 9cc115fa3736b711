"""A LoRA adapter in a fresh copy of a model that shares the model's weights."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from knowledge.adapters.check import read_adapter
from knowledge.adapters.manifest import CONFIG, MANIFEST
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_model import LocalModel
from knowledge.tensor_files import read_json

PREFIX = "base_model.model."
"""What peft puts before the names of the model's own parts."""
ANOTHER = "choose another knowledge.local.adapter, or roll back to another release"


def with_adapter(model: LocalModel, folder: Path) -> LocalModel:
    """A copy of the model with the adapter in it; threads that run the model notice nothing.

    Raises KnowledgeUnusable if the adapter is damaged, pickled, or made for another model.
    """
    check_adapter(folder, str(model.network.name_or_path))
    placed = {
        name.removeprefix(PREFIX): value.to(model.device, model.dtype)
        for name, value in read_weights(folder).items()
    }
    network = sharing_copy(model.network)
    inject(network, folder, placed)
    return replace(model, network=network.eval())


def check_adapter(folder: Path, model: str) -> None:
    if not folder.is_dir():
        raise KnowledgeUnusable(f"There is no folder {folder}: {ANOTHER}, or leave it empty.")
    base = str(read_json(folder / CONFIG).get("base_model_name_or_path") or "")
    # Of one that Lorebot has kept, the manifest says more surely which model it is for.
    told_by_name = base and not (folder / MANIFEST).exists()
    if told_by_name and short_name(base) != short_name(model):
        raise KnowledgeUnusable(
            f"The adapter in {folder} was made for {base}, not for {model}: {ANOTHER}, or correct "
            "base_model_name_or_path in its adapter_config.json if the two are the same model."
        )


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    _, weights = read_adapter(folder, ANOTHER)
    return weights


def short_name(model: str) -> str:
    """The last part of a name or folder, also of a folder in the cache of Hugging Face."""
    parts = Path(model).parts
    cached = [part for part in parts if part.startswith("models--")]
    return (cached[-1].split("--")[-1] if cached else parts[-1]).casefold()


def sharing_copy(network: Any) -> Any:
    """Modules of its own over the same tensors."""
    tensors = [*network.parameters(), *network.buffers()]
    return copy.deepcopy(network, {id(tensor): tensor for tensor in tensors})


def inject(network: Any, folder: Path, weights: dict[str, torch.Tensor]) -> None:
    # Here, because it takes seconds to import and most run without an adapter.
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict

    try:
        config = LoraConfig.from_pretrained(str(folder))
        config.inference_mode = True
        inject_adapter_in_model(config, network, low_cpu_mem_usage=True)
        report: Any = set_peft_model_state_dict(network, weights, low_cpu_mem_usage=True)
    except Exception as error:  # peft reports what does not fit in many ways.
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise misfit(folder, reason) from error
    absent = [name for name in report.missing_keys if "lora_" in name]
    if report.unexpected_keys or absent:
        raise misfit(folder, f"{[*report.unexpected_keys, *absent][0]} has no counterpart")


def misfit(folder: Path, reason: str) -> KnowledgeUnusable:
    return KnowledgeUnusable(
        f"The adapter in {folder} does not fit the model ({reason}): {ANOTHER}."
    )
