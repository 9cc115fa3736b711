"""A causal language model in this process: loaded once, its weights shared by its copies."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, logging
from transformers.cache_utils import Cache

from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_cache import can_join
from knowledge.generate.local_chat import Chat
from knowledge.generate.local_files import CHOOSE, find_model, memory_needed
from knowledge.generate.local_memory import check_fits, choose_device, choose_dtype
from knowledge.generate.local_settings import LocalSettings

CPU = torch.device("cpu")


@dataclass(frozen=True)
class LocalModel:
    """A network and how to call it. For one thread at a time."""

    network: Any
    takes: frozenset[str]
    """What the network can be called with."""
    ends: frozenset[int]
    """The tokens that end an answer."""
    joins: bool
    """Whether answers of different lengths can be written in one pass."""

    @property
    def device(self) -> torch.device:
        return torch.device(self.network.device)

    @property
    def dtype(self) -> torch.dtype:
        dtype: torch.dtype = self.network.dtype
        return dtype

    def new_cache(self) -> Cache:
        return DynamicCache(config=self.network.config)

    def forward(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        cache: Cache,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits of shape (rows, vocabulary) after tokens of shape (rows, tokens).

        `mask`, of shape (rows, tokens in the cache and here), is 0 where there is padding.
        """
        given = {"position_ids": positions.to(self.device), "logits_to_keep": 1}
        found = self.network(
            input_ids=ids.to(self.device),
            attention_mask=None if mask is None else mask.to(self.device),
            past_key_values=cache,
            use_cache=True,
            **{name: value for name, value in given.items() if name in self.takes},
        )
        logits: torch.Tensor = found.logits[:, -1]
        return logits


def load_model(
    settings: LocalSettings, dtype: torch.dtype | None = None
) -> tuple[LocalModel, Chat]:
    """The model of the settings and its chat; `dtype` None is as the settings say.

    Raises KnowledgeUnusable, saying what to do.
    """
    folder = find_model(settings.model)
    device = choose_device(settings.device)
    chosen = torch.float32 if settings.precision == "float32" else choose_dtype(device)
    dtype = dtype or chosen
    needed = memory_needed(folder, dtype.itemsize)
    for place in {CPU, device}:
        check_fits(f"The model {settings.model}", needed, place)
    chat = Chat(load_tokenizer(folder, settings.model), settings.model)
    network = load_network(folder, settings.model, dtype).to(device)
    return wrap(network, chat, settings.model), chat


def load_tokenizer(folder: Path, name: str) -> Any:
    try:
        return AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # Every kind of tokenizer fails in its own way.
        raise unloadable(f"The tokenizer of {name}", error) from error


def load_network(folder: Path, name: str, dtype: torch.dtype) -> Any:
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # Every architecture fails in its own way.
        raise unloadable(f"The model {name}", error) from error
    network, report = loaded
    if report["missing_keys"]:
        raise KnowledgeUnusable(
            f"The weights of {name} lack {min(report['missing_keys'])}: download the model again, "
            f"or {CHOOSE}."
        )
    # An adapter says by this name which model it was made for.
    network.name_or_path = name
    return network.eval()


def unloadable(what: str, error: Exception) -> KnowledgeUnusable:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return KnowledgeUnusable(f"{what} cannot be loaded ({reason}): download it again, or {CHOOSE}.")


def wrap(network: Any, chat: Chat, name: str) -> LocalModel:
    takes = frozenset(inspect.signature(network.forward).parameters)
    if "past_key_values" not in takes:
        raise KnowledgeUnusable(
            f"The model {name} keeps no keys and values, so Lorebot cannot run it itself: serve it "
            'elsewhere and set knowledge.generator to "server".'
        )
    ends = network.generation_config.eos_token_id
    known = {ends} if isinstance(ends, int) else set(ends or ())
    joins = "position_ids" in takes and can_join(DynamicCache(config=network.config))
    return LocalModel(network, takes, frozenset(known | chat.ends()), joins)
