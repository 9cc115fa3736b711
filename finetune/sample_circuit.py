"""The weights that the sample's language model begins with: a circuit that finds and copies.

Its layers do, in this order: every token notes the one before it and what part of the prompt it is
in; then the sentence and the passage it is in; words of the question hear in which sentences they
stand; an answer's tokens gather these votes, and what the question is about; and the next token is
copied from where, in the sentence with the most votes, the last one stands (an induction head,
Olsson et al. 2022). Room to learn is left at the end (finetune/sample_room.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from finetune.sample_layout import (
    ALSO,
    BASE,
    CLIFF,
    CODE,
    FAR,
    FIXED,
    FLAG,
    FLAT,
    HALF,
    HEAD,
    HIGH,
    NEAR,
    PLACES,
    SLOPE,
    STILL,
    UNIT,
    WIDTH,
    Words,
)
from finetune.sample_room import leave_room


class Circuit:
    """Writes the weights into a model."""

    def __init__(self, network: LlamaForCausalLM, words: Words, seed: int) -> None:
        self.network: Any = network
        self.words = words
        self.random = torch.Generator().manual_seed(seed)
        self.codes = unit(torch.randn(len(words.stems), UNIT, generator=self.random))
        self.codes[[*words.flags["sink"], words.ids["start"]]] = 0.0
        self.short = torch.linalg.qr(torch.randn(UNIT, UNIT, generator=self.random))[0][:CODE]
        self.after_end = unit(torch.randn(CODE, generator=self.random))
        # What a token is must not weigh in when only the beginning of a sentence is looked for.
        self.short = without(self.after_end) @ self.short
        header = self.short @ self.codes[words.ids["assistant"]]
        # By this the line's end before an answer is told from others.
        self.beginning = header / header.square().sum()

    @torch.no_grad()
    def wire(self) -> None:
        self.clear()
        self.embed()
        self.look_back(0, 0, 1, "before")
        self.look_back(0, 2, 2, "earlier")
        self.most_recent(0, 1, "mark", [("question", "asked"), ("passage", "shown")])
        self.most_recent(1, 0, "end", [])
        self.write(1, 0, "before", "sentence", without(self.after_end))
        self.first_word(1, 2)
        self.find_number(1, 1)
        # Else the first sentences of all passages would be one, for the same stands before them.
        self.attention(1).o_proj.weight[PLACES["sentence"], HEAD : HEAD + UNIT] = self.turned(1)
        self.hear(2, 0)
        self.most_recent(2, 1, "role", [("reply", "said")])
        self.see_passages(2, 2)
        self.vote(3, 0)
        self.gather_topic(3, 1)
        self.copy(4)
        self.rules(4)
        leave_room(self.network.model.layers[4].mlp, self.beginning, self.random)

    def clear(self) -> None:
        for name, weights in self.network.named_parameters():
            if "norm" in name:
                weights.fill_(FLAT * 1.02 / math.sqrt(WIDTH))
            else:
                weights.normal_(std=1e-3, generator=self.random)

    def embed(self) -> None:
        words, table = self.words, self.network.model.embed_tokens.weight
        kinds = {stem: n for n, stem in enumerate(dict.fromkeys(words.stems))}
        stems = unit(torch.randn(len(kinds), CODE, generator=self.random))
        rarity = torch.tensor(words.rarity)
        table.zero_()
        table[:, PLACES["stem"]] = stems[[kinds[s] for s in words.stems]] * rarity[:, None]
        table[:, PLACES["token"]] = self.codes
        table[:, FLAG["one"]] = FLAT
        table[:, FLAG["rare"]] = rarity
        for name, ids in words.flags.items():
            table[list(ids), FLAG[name]] = 1.0
        self.network.lm_head.weight.zero_()
        self.network.lm_head.weight[:, PLACES["out"]] = 12 * self.codes

    def attention(self, layer: int) -> Any:
        return self.network.model.layers[layer].self_attn

    def ask(self, layer: int, head: int, pair: int, angle: float, nats: float) -> None:
        """Every token asks with `nats` at `angle` of a pair of frequencies."""
        rows = self.attention(layer).q_proj.weight
        strength = nats * math.sqrt(HEAD) / FLAT
        rows[head * HEAD + pair, FLAG["one"]] = strength * math.cos(angle)
        rows[head * HEAD + pair + HALF, FLAG["one"]] = strength * math.sin(angle)

    def show(self, layer: int, head: int, pair: int, flag: str) -> None:
        """Tokens of a kind can be found by what is asked of that pair."""
        size = 1 / FLAT if flag == "one" else 1.0
        self.attention(layer).k_proj.weight[head * HEAD + pair, FLAG[flag]] = size

    def write(self, layer: int, head: int, source: str, target: str, through: Tensor) -> None:
        """What is found there is kept here; `through` has shape (target, source)."""
        rows = slice(head * HEAD, head * HEAD + through.shape[0])
        attention = self.attention(layer)
        attention.v_proj.weight[rows, PLACES[source]] += through
        attention.o_proj.weight[PLACES[target], rows] = torch.eye(through.shape[0])

    def slopes(self, layer: int, head: int, flag: str) -> None:
        """The nearer, the better: a sine that rises over tens, and one that does over hundreds."""
        self.ask(layer, head, NEAR, math.pi / 2, SLOPE)
        self.ask(layer, head, FAR, math.pi / 2, 3 * SLOPE)
        self.show(layer, head, NEAR, flag)
        self.show(layer, head, FAR, flag)

    def look_back(self, layer: int, head: int, tokens: int, target: str) -> None:
        for pair in HIGH:
            self.ask(layer, head, pair, -tokens * BASE ** (-pair / HALF), 60.0)
            self.show(layer, head, pair, "one")
        self.write(layer, head, "token", target, self.short)
        rows = slice(head * HEAD, head * HEAD + CODE)
        self.attention(layer).v_proj.weight[rows, FLAG["end"]] = self.after_end

    def most_recent(
        self, layer: int, head: int, flag: str, kept: Sequence[tuple[str, str]]
    ) -> None:
        self.ask(layer, head, FIXED, 0.0, CLIFF)
        self.show(layer, head, FIXED, flag)
        self.slopes(layer, head, flag)
        attention = self.attention(layer)
        for place, (source, target) in enumerate(kept):
            attention.v_proj.weight[head * HEAD + place, FLAG[source]] = 1.0
            attention.o_proj.weight[FLAG[target], head * HEAD + place] = 1.0

    def first_word(self, layer: int, head: int) -> None:
        """A sentence is known by its first word too: before many stands only an empty line."""
        self.most_recent(layer, head, "end", [])
        keys = self.attention(layer).k_proj.weight
        for pair in (FIXED, NEAR, FAR):
            keys[head * HEAD + pair, FLAG["end"]] = 0.0
            keys[head * HEAD + pair, PLACES["before"]] = self.after_end
        self.write(layer, head, "token", "sentence", self.turned(7))

    def turned(self, places: int) -> Tensor:
        """A code of tokens that has little to do with the one of those before."""
        return 0.7 * torch.roll(self.short, places, 1)

    def find_number(self, layer: int, head: int) -> None:
        """The digit after `number="` is the number of all that follows."""
        self.most_recent(layer, head, "digit", [])
        rows = [head * HEAD + one for one in STILL[:CODE]]
        attention = self.attention(layer)
        after = self.short @ self.codes[self.words.ids["equals"]]
        attention.q_proj.weight[rows, FLAG["one"]] = CLIFF * math.sqrt(HEAD) / FLAT * after
        attention.k_proj.weight[rows, PLACES["before"]] = torch.eye(CODE)
        self.write(layer, head, "token", "number", torch.eye(UNIT))

    def hear(self, layer: int, head: int) -> None:
        """Words of the question find themselves in the passages."""
        self.compare(layer, head, "stem", "stem", 30.0 * torch.eye(CODE), 0)
        self.ask(layer, head, FIXED, 0.0, 40.0)
        self.show(layer, head, FIXED, "shown")
        # What stands in no passage hears nothing.
        self.sink(layer, head, 49.0)
        # What follows on a tag is the next tag, with a title in it that is no sentence.
        tag = unit(self.short @ self.codes[self.words.ids["tag"]])
        self.write(layer, head, "sentence", "heard", without(tag))

    def sink(self, layer: int, head: int, nats: float) -> None:
        """Where nothing is worth more than `nats`, look at a token that is empty."""
        self.ask(layer, head, ALSO, 0.0, nats)
        self.show(layer, head, ALSO, "sink")

    def vote(self, layer: int, head: int) -> None:
        self.ask(layer, head, FIXED, 0.0, 40.0)
        self.show(layer, head, FIXED, "asked")
        self.ask(layer, head, ALSO, 0.0, 5.0)
        self.show(layer, head, ALSO, "rare")
        self.write(layer, head, "heard", "vote", 3.0 * torch.eye(CODE))
        # Where no sentence has votes the one of the rules that says what to reply then has them.
        default = 0.8 * self.short @ self.codes[self.words.ids["default"]]
        self.attention(layer).v_proj.weight[head * HEAD :, FLAG["one"]][:CODE] += default / FLAT

    def gather_topic(self, layer: int, head: int) -> None:
        """What the question is about: the stems of its rare words, not of those of the answer."""
        self.ask(layer, head, FIXED, 0.0, 40.0)
        self.show(layer, head, FIXED, "asked")
        self.attention(layer).k_proj.weight[head * HEAD + FIXED, FLAG["said"]] = -2.0
        self.ask(layer, head, ALSO, 0.0, 5.0)
        self.show(layer, head, ALSO, "rare")
        self.write(layer, head, "stem", "topic", torch.eye(CODE))

    def see_passages(self, layer: int, head: int) -> None:
        """Whether there are any."""
        self.ask(layer, head, FIXED, 0.0, 40.0)
        self.show(layer, head, FIXED, "shown")
        self.sink(layer, head, 20.0)
        attention = self.attention(layer)
        attention.v_proj.weight[head * HEAD, FLAG["shown"]] = 1.0
        attention.o_proj.weight[FLAG["given"], head * HEAD] = 1.0

    def compare(
        self, layer: int, head: int, asked: str, shown: str, through: Tensor, half: int
    ) -> None:
        rows = [head * HEAD + one for one in STILL[half * CODE : (half + 1) * CODE]]
        attention = self.attention(layer)
        attention.q_proj.weight[rows, PLACES[asked]] = through * math.sqrt(HEAD)
        attention.k_proj.weight[rows, PLACES[shown]] = torch.eye(CODE)

    def copy(self, layer: int) -> None:
        attention = self.attention(layer)
        self.compare(layer, 0, "token", "before", 600.0 * self.short, 0)
        # At the beginning of an answer any beginning of a sentence will do.
        line = self.short @ self.codes[self.words.ids["line"]]
        rows = [STILL[place] for place in range(CODE)]
        start = 600.0 * math.sqrt(HEAD) * (self.after_end - line)
        attention.q_proj.weight[rows, PLACES["before"]] = torch.outer(start, self.beginning)
        self.compare(layer, 0, "vote", "sentence", 90.0 * torch.eye(CODE), 1)
        self.compare(layer, 0, "before", "earlier", 60.0 * torch.eye(CODE), 2)
        self.write(layer, 0, "token", "out", torch.eye(UNIT))
        for head, when in ((1, "stop"), (2, "open")):
            self.compare(layer, head, "vote", "sentence", 15.0 * torch.eye(CODE), 1)
            self.sink(layer, head, 150.0)
            row = head * HEAD + ALSO
            attention.q_proj.weight[row, FLAG[when]] = -150.0 * math.sqrt(HEAD)
        stay = 150.0 * math.sqrt(HEAD) * self.beginning
        attention.q_proj.weight[HEAD + ALSO, PLACES["before"]] = stay
        opening = 6 * self.codes[self.words.ids["open"]]
        attention.v_proj.weight[HEAD, FLAG["shown"]] = 1.0
        attention.o_proj.weight[PLACES["out"], HEAD] = opening
        self.write(layer, 2, "number", "out", 4 * torch.eye(UNIT))

    def rules(self, layer: int) -> None:
        """A digit after a bracket closes it; a stop that no bracket follows ends the answer.

        That a closed bracket ends it too, the model has to learn: it goes on and on.
        """
        ids = self.words.ids
        after_open = self.short @ self.codes[ids["open"]]
        self.rule(layer, 0, ids["close"], {"digit": 1.0}, PLACES["before"], after_open, 1.5)
        self.rule(layer, 1, ids["end"], {"stop": 1.0}, PLACES["before"], -self.beginning, 0.5)

    def rule(
        self,
        layer: int,
        neuron: int,
        then: int,
        flags: Mapping[str, float],
        place: slice,
        code: Tensor,
        least: float,
    ) -> None:
        mlp = self.network.model.layers[layer].mlp
        mlp.gate_proj.weight[neuron] = 0.0
        mlp.gate_proj.weight[neuron, place] = 40.0 * code
        mlp.gate_proj.weight[neuron, FLAG["one"]] = -40.0 * least / FLAT
        for flag, size in flags.items():
            mlp.gate_proj.weight[neuron, FLAG[flag]] = 40.0 * size
        mlp.up_proj.weight[neuron] = 0.0
        mlp.up_proj.weight[neuron, FLAG["one"]] = 1 / FLAT
        mlp.down_proj.weight[PLACES["out"], neuron] = 0.3 * self.codes[then]


def unit(rows: Tensor) -> Tensor:
    return torch.nn.functional.normalize(rows, dim=-1)


def without(direction: Tensor) -> Tensor:
    """The projection that takes a direction out."""
    return torch.eye(len(direction)) - torch.outer(direction, direction)
