"""A LoRA adapter in a fresh copy of a model that shares the model's weights."""

from __future__ import annotations

import copy
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_files import ADAPTER_WEIGHTS, missing_weights, read_header, read_json
from knowledge.generate.local_model import LocalModel

PREFIX = "base_model.model."
"""What peft puts before the names of the model's own parts."""
ANOTHER = "choose another knowledge.local.adapter"


def with_adapter(model: LocalModel, folder: Path) -> LocalModel:
    """A copy of the model with the adapter in it; threads that run the model notice nothing.

    Raises KnowledgeUnusable if the adapter is damaged, pickled, or made for another model.
    """
    check_adapter(folder, str(model.network.name_or_path))
    weights = read_weights(folder)
    placed = {
        name.removeprefix(PREFIX): value.to(model.device, model.dtype)
        for name, value in weights.items()
    }
    network = sharing_copy(model.network)
    inject(network, folder, placed)
    return replace(model, network=network.eval())


def check_adapter(folder: Path, model: str) -> None:
    if importlib.util.find_spec("peft") is None:
        raise KnowledgeUnusable("An adapter needs peft: pip install 'lorebot[local]'")
    if not folder.is_dir():
        raise KnowledgeUnusable(f"There is no folder {folder}: {ANOTHER}, or leave it empty.")
    config = read_json(folder / "adapter_config.json")
    # "megatron_config" would import a module that the file names.
    if config.get("peft_type") != "LORA" or config.get("megatron_config"):
        raise KnowledgeUnusable(f"The adapter in {folder} is no plain LoRA adapter: {ANOTHER}.")
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise KnowledgeUnusable(missing_weights(folder, ADAPTER_WEIGHTS, f"or {ANOTHER}"))
    base = str(config.get("base_model_name_or_path") or "")
    if base and short_name(base) != short_name(model):
        raise KnowledgeUnusable(
            f"The adapter in {folder} was made for {base}, not for {model}: {ANOTHER}, or correct "
            "base_model_name_or_path in its adapter_config.json if the two are the same model."
        )


def short_name(model: str) -> str:
    """The last part of a name or folder, also of a folder in the cache of Hugging Face."""
    parts = Path(model).parts
    cached = [part for part in parts if part.startswith("models--")]
    return (cached[-1].split("--")[-1] if cached else parts[-1]).casefold()


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / ADAPTER_WEIGHTS
    read_header(path)
    weights = load_file(path)
    broken = [name for name, value in weights.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise KnowledgeUnusable(
            f"The adapter in {folder} holds numbers that are not finite, in {broken[0]}: {ANOTHER}."
        )
    return weights


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
