"""Makes LoRA adapters for the embedding model on the spot: random weights, real files."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from knowledge.embed import Embedder
from knowledge.generate.local_adapter import sharing_copy


def make_question_adapter(folder: Path, embedder: Embedder, seed: int = 1, rank: int = 4) -> Path:
    """An adapter that changes every question's vector a little, as peft saves it."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank, lora_alpha=rank, target_modules=["query", "value"], init_lora_weights=False
    )
    network = sharing_copy(embedder.network)
    # It is made for whatever embedder it is given to.
    network.name_or_path = ""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        # peft still asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        get_peft_model(network, config).save_pretrained(folder)
    return folder
