"""Makes small causal language models and LoRA adapters on the spot: random weights, real files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
)

WORDS = "The night door opens with the green card. Everybody has 28 days of holiday a year. "
TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}<|end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}" + TEMPLATE
)
SPECIAL = ["<|pad|>", "<|start|>", "<|end|>", "<|eos|>"]


def make_tiny_model(
    folder: Path,
    layers: int = 2,
    hidden: int = 64,
    vocabulary: int = 384,
    context: int = 1024,
    seed: int = 0,
    template: str = TEMPLATE,
    kind: type[PreTrainedConfig] = LlamaConfig,
    **config: Any,
) -> Path:
    """A Llama, or another `kind`, of random weights, the same for the same seed.

    Its tokenizer knows every byte; the pieces it puts together are those of a few words.
    """
    tokenizer = make_tokenizer(vocabulary)
    tokenizer.chat_template = template or None
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    values = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "intermediate_size": hidden * 4,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": context,
        # Wide enough that a random model does not say one token for ever.
        "initializer_range": 0.2,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
    }
    model = AutoModelForCausalLM.from_config(kind(**{**values, **config}))
    model.save_pretrained(folder)
    return folder


def make_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    bpe = Tokenizer(BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([WORDS], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token="<|pad|>",
        eos_token="<|eos|>",
        additional_special_tokens=["<|start|>", "<|end|>"],
        clean_up_tokenization_spaces=False,
    )


def make_tiny_adapter(folder: Path, model: Path, seed: int = 1, rank: int = 4) -> Path:
    """A LoRA adapter of random weights that changes what the model in `model` says."""
    from peft import LoraConfig, get_peft_model

    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=rank * 4,
        target_modules=["q_proj", "v_proj", "down_proj"],
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft still asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        get_peft_model(base, config).save_pretrained(folder)
    return folder
