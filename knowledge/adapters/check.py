"""Refuses an adapter that is damaged, pickled, changed or made for another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from knowledge.adapters.manifest import (
    CONFIG,
    FILES,
    RESTORE,
    WEIGHTS,
    BaseModel,
    Kind,
    Manifest,
    read_manifest,
    sha256_of,
)
from knowledge.adapters.sides import sides_of
from knowledge.errors import KnowledgeUnusable
from knowledge.tensor_files import PICKLED, missing_weights, read_header, read_json

RETRAIN = "retrain, or set the model back"


def check(folder: Path, kind: Kind, base: BaseModel | None = None) -> Manifest:
    """Whether the adapter of a release may be loaded into `base`; returns what it is.

    None of it is loaded before its hashes are right. Without `base` it is not asked which model it
    is for. What has been trained and not kept yet has no hashes: `read_adapter` reads it. Raises
    KnowledgeUnusable.
    """
    if not folder.is_dir() or folder.is_symlink():
        raise KnowledgeUnusable(f"There is no adapter in {folder}: {RESTORE}.")
    refuse_pickles(folder)
    manifest = read_manifest(folder)
    if manifest.kind != kind:
        raise KnowledgeUnusable(
            f"The adapter {folder.name} was made for the {manifest.kind}, not for the {kind}: "
            f"{RESTORE}."
        )
    for name in FILES:
        check_bytes(folder / name, manifest)
    if base is not None:
        check_base(folder, manifest.base, base)
    read_adapter(folder)
    if manifest.sides != sides_of(folder):
        raise KnowledgeUnusable(
            f"The manifest of the adapter {folder.name} says that it reads {manifest.sides}, and "
            f"its weights do not: {RESTORE}."
        )
    return manifest


def read_adapter(folder: Path, otherwise: str = RESTORE) -> tuple[int, dict[str, torch.Tensor]]:
    """The rank and the weights of a LoRA adapter as peft saves them.

    `otherwise` ends the sentence of what is wrong. Raises KnowledgeUnusable.
    """
    config = read_json(folder / CONFIG)
    # "megatron_config" would import a module that the file names.
    if config.get("peft_type") != "LORA" or config.get("megatron_config"):
        raise KnowledgeUnusable(f"The adapter in {folder} is no plain LoRA adapter: {otherwise}.")
    if not (folder / WEIGHTS).is_file():
        raise KnowledgeUnusable(missing_weights(folder, WEIGHTS, f"or {otherwise}"))
    read_header(folder / WEIGHTS)
    weights = load_file(folder / WEIGHTS)
    broken = [name for name, value in weights.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise KnowledgeUnusable(
            f"The adapter in {folder} holds numbers that are not finite, in {broken[0]}: "
            f"{otherwise}."
        )
    return rank_of(config), weights


def rank_of(config: dict[str, Any]) -> int:
    rank = config.get("r")
    return rank if isinstance(rank, int) else 0


def refuse_pickles(folder: Path) -> None:
    pickled = [path.name for pattern in PICKLED for path in folder.glob(pattern)]
    if pickled:
        raise KnowledgeUnusable(
            f"In {folder} lies {pickled[0]}, and pickled weights can run any code, so Lorebot does "
            "not use an adapter beside them: remove the file, or roll back to another release."
        )


def check_bytes(path: Path, manifest: Manifest) -> None:
    if path.is_symlink() or not path.is_file():
        raise KnowledgeUnusable(
            f"{path.name} is missing in the adapter {path.parent.name}: {RESTORE}."
        )
    if sha256_of(path) != manifest.files[path.name]:
        raise KnowledgeUnusable(
            f"{path.name} of the adapter {path.parent.name} is not what was kept, it is cut off, "
            f"damaged or changed: {RESTORE}."
        )


def check_base(folder: Path, made_for: BaseModel, base: BaseModel) -> None:
    parts = {"weights": "weights", "config": "configuration", "tokenizer": "tokenizer"}
    other = [word for part, word in parts.items() if getattr(made_for, part) != getattr(base, part)]
    if not other:
        return
    if made_for.name == base.name:
        raise KnowledgeUnusable(
            f"The adapter {folder.name} was made for another revision of {base.name} (its "
            f"{' and '.join(other)} differ): {RETRAIN}."
        )
    raise KnowledgeUnusable(
        f"The adapter {folder.name} was made for {made_for.name}, not for {base.name}: {RETRAIN}."
    )
