"""Adapters of a few numbers, written as peft writes them, and kept as Lorebot keeps them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from knowledge.adapters.manifest import BaseModel, Kind, Manifest
from knowledge.adapters.store import keep

BASE = BaseModel("embedder", weights="aa", config="bb", tokenizer="cc")


def trained(folder: Path, seed: int = 0) -> Path:
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    weights = {f"base_model.model.layer.lora_{half}.weight": torch.randn(4, 8) for half in "AB"}
    save_file(weights, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 4, "base_model_name_or_path": "/home/trainer/model"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "README.md").write_text("What peft leaves beside it.")
    return folder


def kept(root: Path, kind: Kind = "retriever", base: BaseModel = BASE, seed: int = 0) -> Path:
    """The folder of an adapter that was kept in `root`."""
    made = trained(root / f"trained-{kind}-{len(list(root.glob('*')))}", seed)
    return root / keep(made, root, Manifest(kind, base, data="fingerprint", cycle=7))
