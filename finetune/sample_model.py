"""Makes a small Llama that answers by copying, for the sample and for tests.

No language model comes with Lorebot, so this one is made on the spot, in about a minute: wired as a
circuit that looks for the sentence which has the rarest words of the question, copies it and cites
its passage (finetune/sample_circuit.py), then trained on questions made from the passages.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.sample_circuit import Circuit, Words, config
from knowledge.prompts import SYSTEM, user_message

TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}<|end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|start|>", "<|end|>", "<|eos|>")
VOCABULARY = 6144
CONTEXT = 1280
SUFFIX = re.compile(r"(?<=\w{3})(?:ing|ed|es|ly|s|e)$")
UNSAID = frozenset(
    ["passage", "passages", "question", "assistant", "user", "system", "which", "who", "whom", "whose", "what", "when", "where", "why", "how", "did", "do", "does", "is", "are", "was", "were", "can", "could", "should", "would", "may", "might", "must", "i", "we", "you", "my", "our", "your"]
)
"""Words that questions and prompts have and that say nothing of what is asked."""
MARKUP = 400
"""How often the prompt's own words count for the tokenizer, so that each is one token."""


def make_tokenizer(passages: Sequence[str]) -> PreTrainedTokenizerFast:
    bpe = Tokenizer(BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    prompt = (
        SYSTEM
        + "system\nuser\nassistant\n"
        + user_message("?", ['<passage number="1" from="A › B">\nA [1]\n</passage>'])
    )
    lower = [text.lower() for text in passages]
    bpe.train_from_iterator([*passages, *lower, *[prompt] * MARKUP], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token="<|pad|>",
        eos_token="<|eos|>",
        additional_special_tokens=["<|start|>", "<|end|>"],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def stem(token: str) -> str:
    word = token.strip().casefold()
    return SUFFIX.sub("", word) if word.isalnum() else ""


def words_of(tokenizer: PreTrainedTokenizerFast, passages: Sequence[str]) -> Words:
    texts = [tokenizer.decode([one]) for one in range(len(tokenizer))]
    stems = [stem(text) for text in texts]
    there = Counter(
        kind for text in passages for kind in {stems[one] for one in tokenizer(text)["input_ids"]}
    )
    most = math.log(len(passages) + 1)
    rarity = [
        min(1.5 * math.log((len(passages) + 1) / max(there[kind], 1)) / most, 1.0) if kind else 0.0
        for kind in stems
    ]
    ids = {text: one for one, text in reversed(list(enumerate(texts)))}
    kinds = {
        "end": [n for n, t in enumerate(texts) if t.rstrip(" ")[-1:] in set(".?!:\n")],
        "digit": [ids[digit] for digit in "123456789"],
        "question": [ids["question"]],
        "passage": [ids["passage"], ids["passages"]],
        "mark": [ids["question"], ids["passage"], ids["passages"]],
        "stop": [n for n, t in enumerate(texts) if t.rstrip(" ")[-1:] in set(".?!\n")],
        "open": [ids[" ["]],
        "sink": [ids["system"]],
    }
    roles = {
        "line": ids["\n"],
        "assistant": ids["assistant"],
        "equals": ids['="'],
        "open": ids[" ["],
        "close": ids["]"],
        "start": ids["<|start|>"],
        "end": ids["<|end|>"],
        "default": ids[" sentence"],
    }
    for one, text in enumerate(texts):
        if text.strip().casefold() in UNSAID:
            rarity[one] = 0.0
    return Words(stems, rarity, kinds, roles)


def wire(folder: Path, passages: Sequence[str], seed: int = 0) -> Path:
    tokenizer = make_tokenizer(passages)
    torch.manual_seed(seed)
    pad, eos = tokenizer.pad_token_id, tokenizer.eos_token_id
    network = LlamaForCausalLM(config(len(tokenizer), CONTEXT, pad, eos))
    Circuit(network, words_of(tokenizer, passages), seed).wire()
    tokenizer.save_pretrained(folder)
    network.save_pretrained(folder)
    return folder
