"""The shape of the sample's language model, and where its circuit keeps what in the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from transformers import LlamaConfig

CODE, UNIT = 48, 64
SIZES = {
    "stem": CODE,
    "token": UNIT,
    "before": CODE,
    "earlier": CODE,
    "sentence": CODE,
    "number": UNIT,
    "heard": CODE,
    "vote": CODE,
    "topic": CODE,
    "out": UNIT,
    "flags": 18,
}
ENDS = list(accumulate(SIZES.values()))
PLACES = {
    name: slice(end - size, end) for (name, size), end in zip(SIZES.items(), ENDS, strict=True)
}
"""Where in the residual stream what is kept."""
WIDTH = ENDS[-1]
FLAGS = (
    *("one", "end", "digit", "asked", "shown", "question", "passage", "mark", "rare"),
    *("stop", "open", "sink", "role", "reply", "said", "given"),
)
FLAG = {name: PLACES["flags"].start + place for place, name in enumerate(FLAGS)}

LAYERS, HEADS, HEAD, HIDDEN = 5, 3, 288, 2048
HABITS, OPENINGS, MEMORIES = slice(2, 96), slice(96, 352), slice(352, HIDDEN)
"""The neurons of the last layer that are free to learn what follows on a token, how the answer to a
question begins, and how it goes on; the first two are not."""
ROOM = f"layers.{LAYERS - 1}.mlp.down_proj"
"""The weights that an adapter can learn in without spoiling the rest."""
BASE = 1e9
HALF = HEAD // 2
HIGH, NEAR, FAR, FIXED, ALSO = range(6), 32, 48, 70, 71
"""Pairs of rotary frequencies: of single tokens, of tens, of hundreds, and two that stand still."""
STILL = [*range(72, HALF), *range(72 + HALF, HEAD)]
"""Dimensions that hardly turn within the context, and so compare what tokens are."""
FLAT = 10.0
"""The constant in every token, so that all have about the same norm."""
CLIFF = 1600.0
SLOPE = 400.0
"""In nats: what a token of a kind is ahead of others, and how fast older ones fall behind."""


@dataclass(frozen=True)
class Words:
    """What the circuit has to know of the vocabulary, by token id."""

    stems: Sequence[str]
    """Empty for what is no word."""
    rarity: Sequence[float]
    """In 0..1."""
    flags: Mapping[str, Sequence[int]]
    """The ids that are of a kind."""
    ids: Mapping[str, int]
    """Single tokens, by what they are to the circuit."""


def config(vocabulary: int, context: int, pad: int, eos: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=HEAD,
        max_position_embeddings=context,
        rope_parameters={"rope_type": "default", "rope_theta": BASE},
        rms_norm_eps=1e-6,
        tie_word_embeddings=False,
        pad_token_id=pad,
        bos_token_id=None,
        eos_token_id=eos,
    )
