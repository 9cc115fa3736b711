"""The language model with the adapter to train, on the device and in the precision to train in."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from finetune.generator.job import GeneratorJob
from finetune.generator.settings import GeneratorTraining
from finetune.runs import TrainingFailed
from knowledge.generate.local_adapter import check_adapter, read_weights
from knowledge.generate.local_chat import Chat
from knowledge.generate.local_files import find_model, memory_needed
from knowledge.generate.local_memory import check_fits, choose_device, choose_dtype
from knowledge.generate.local_model import load_network, load_tokenizer

INSTALL = "Training a language model needs peft: pip install 'lorebot[local]'."


@dataclass(frozen=True)
class Learner:
    """What a run trains."""

    network: Any
    """peft's model: the base frozen, the adapter in 32 bits and learning."""
    chat: Chat
    dtype: torch.dtype
    device: torch.device

    def autocast(self) -> Any:
        """As the trainer computes, so that a reference is told in the same precision."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def open_learner(job: GeneratorJob) -> Learner:
    """Raises TrainingFailed or KnowledgeUnusable, saying what to do."""
    if importlib.util.find_spec("peft") is None:
        raise TrainingFailed(INSTALL)
    settings = job.settings
    folder = find_model(job.model)
    device = choose_device(settings.device)
    dtype = torch.float32 if settings.precision == "float32" else choose_dtype(device)
    chat = Chat(load_tokenizer(folder, job.model), job.model)
    base = load_base(folder, job.model, settings, device, dtype)
    network = with_lora(base, job)
    if settings.gradient_checkpointing:
        network.enable_input_require_grads()
    return Learner(network, chat, dtype, device)


def load_base(
    folder: Path, name: str, settings: GeneratorTraining, device: torch.device, dtype: torch.dtype
) -> Any:
    if settings.quantize == "4bit":
        return load_in_4bit(folder, name, device, dtype)
    check_fits(f"The model {name}", memory_needed(folder, dtype.itemsize), device)
    return load_network(folder, name, dtype).to(device)


def load_in_4bit(folder: Path, name: str, device: torch.device, dtype: torch.dtype) -> Any:
    if device.type != "cuda" or importlib.util.find_spec("bitsandbytes") is None:
        raise TrainingFailed(
            "Training in 4 bits needs a CUDA GPU and bitsandbytes: pip install bitsandbytes, or "
            'set training.generator.quantize to "none".'
        )
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    config = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    network: Any = AutoModelForCausalLM.from_pretrained(
        str(folder),
        quantization_config=config,
        dtype=dtype,
        device_map={"": device},
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
    )
    network.name_or_path = name
    return network


def with_lora(base: Any, job: GeneratorJob) -> Any:
    """The base with a new adapter, or with the one to go on from, which keeps its own shape."""
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

    weights = None if job.start_from is None else champion(job.start_from, job.model)
    config = new_config(job.settings)
    if job.start_from is not None:
        config = LoraConfig.from_pretrained(str(job.start_from))
        config.inference_mode = False
    torch.manual_seed(job.seed)
    try:
        network: Any = get_peft_model(base, config)
    except ValueError as error:
        raise TrainingFailed(
            f"No adapter can be put into {job.model} ({error}): correct "
            "training.generator.target_modules, or leave it empty for all linear layers."
        ) from error
    if weights is not None:
        set_peft_model_state_dict(network, weights)
    # peft would write the place where the model lies on this machine.
    network.peft_config["default"].base_model_name_or_path = job.model
    return network


def champion(folder: Path, model: str) -> dict[str, torch.Tensor]:
    check_adapter(folder, model)
    return read_weights(folder)


def new_config(settings: GeneratorTraining) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.target_modules) or "all-linear",
        task_type="CAUSAL_LM",
    )
