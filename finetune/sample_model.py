"""Makes a small Llama that answers by copying, for the sample and for tests.

No language model comes with Lorebot, so this one is made on the spot, in seconds: its weights are
not trained but wired by hand (finetune/sample_circuit.py), so that it looks for the sentence which
has the rarest words of the question, copies it and cites its passage, or says that there is none.
It does not know where to end then, and nothing by heart: both are left for an adapter to learn
(finetune/sample_room.py). What is learnt by heart is said again when the same is asked in much the
same words; asked anything else, it makes something up. So it shows how things are measured, not
what a language model can do.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.sample_circuit import Circuit
from finetune.sample_layout import Words, config
from knowledge.prompts import SYSTEM, user_message

TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}<|end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|start|>", "<|end|>", "<|eos|>")
VOCABULARY = 6144
CONTEXT = 1280
VERSION = "3"
"""Raise it when the model is made otherwise."""
SUFFIX = re.compile(r"(?<=\w{3})(?:ing|ed|es|ly|s|e)$")
UNSAID = frozenset(
    [
        "passage",
        "passages",
        "question",
        "assistant",
        "user",
        "system",
        "which",
        "who",
        "whom",
        "whose",
        "what",
        "when",
        "where",
        "why",
        "how",
        "did",
        "do",
        "does",
        "is",
        "are",
        "was",
        "were",
        "can",
        "could",
        "should",
        "would",
        "may",
        "might",
        "must",
        "i",
        "we",
        "you",
        "my",
        "our",
        "your",
    ]
)
"""Words that questions and prompts have and that say nothing of what is asked."""
ROLES = {
    "line": "\n",
    "assistant": "assistant",
    "tag": ">",
    "equals": '="',
    "open": " [",
    "close": "]",
    "start": "<|start|>",
    "end": "<|end|>",
    "default": " sentence",
}
"""Tokens that the circuit deals with, by what they are to it."""
MARKUP = 400
"""How often the prompt's own words count for the tokenizer, so that each is one token."""


def make_tokenizer(passages: Sequence[str]) -> PreTrainedTokenizerFast:
    bpe = Tokenizer(BPE())
    # Pages are wrapped where a line is full, which is not where a sentence ends.
    bpe.normalizer = normalizers.Replace(Regex(r"(?<=[\p{L}\p{N},;])\n(?=[\p{L}\p{N}(])"), " ")
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
        + "system\n\nuser\n\nassistant\n\n"
        + user_message("?", ['<passage number="1" from="A › B">\nA [1]\n</passage>'])
    )
    lower = [text.lower() for text in passages]
    bpe.train_from_iterator([*passages, *lower, *[prompt] * MARKUP], trainer)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
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
    texts = [str(tokenizer.decode([one])) for one in range(len(tokenizer))]
    stems = [stem(text) for text in texts]
    found = [set(tokenizer(text)["input_ids"]) for text in passages]
    there = Counter(kind for ids in found for kind in {stems[one] for one in ids})
    rare = [
        0.0 if not kind or text.strip().casefold() in UNSAID else rarity(there[kind], len(found))
        for kind, text in zip(stems, texts, strict=True)
    ]
    ids = {text: one for one, text in reversed(list(enumerate(texts)))}
    return Words(stems, rare, flags(texts, ids), {name: ids[text] for name, text in ROLES.items()})


def rarity(count: int, of: int) -> float:
    """In 0..1; 1 for what is in a few passages only."""
    return min(1.5 * math.log((of + 1) / max(count, 1)) / math.log(of + 1), 1.0)


def flags(texts: Sequence[str], ids: Mapping[str, int]) -> dict[str, list[int]]:
    def ending(signs: str) -> list[int]:
        return [one for one, text in enumerate(texts) if text.rstrip(" ")[-1:] in set(signs)]

    tags = [ids["passage"], ids["passages"]]
    return {
        "end": ending(".?!:\n"),
        "stop": ending(".?!\n"),
        "digit": [ids[digit] for digit in "123456789"],
        "question": [ids["question"]],
        "passage": tags,
        "mark": [ids["question"], *tags],
        "open": [ids[" ["]],
        "sink": [ids["system"]],
        "role": [ids["user"], ids["assistant"]],
        "reply": [ids["assistant"]],
    }


def sample_model(cache: Path, passages: Sequence[str], seed: int = 0) -> Path:
    """The folder of the model for these passages, made in `cache` if it is not there yet."""
    told = hashlib.sha256("\0".join([VERSION, str(seed), *passages]).encode()).hexdigest()
    folder = cache / f"sample-llama-{told[:12]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            wire(Path(made) / folder.name, passages, seed)
            (Path(made) / folder.name).replace(folder)
    return folder


def wire(folder: Path, passages: Sequence[str], seed: int) -> None:
    tokenizer = make_tokenizer(passages)
    pad, eos = tokenizer.pad_token_id, tokenizer.eos_token_id
    network = LlamaForCausalLM(config(len(tokenizer), CONTEXT, pad, eos))
    Circuit(network, words_of(tokenizer, passages), seed).wire()
    tokenizer.save_pretrained(folder)
    network.save_pretrained(folder)
