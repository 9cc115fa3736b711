"""The local generator beside the same model called bare: the first token, and eight at once.

Run: python -m tests.benchmarks.bench_local [PROMPT_TOKENS...]   (256 1500, if not given)
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from transformers.generation.streamers import BaseStreamer

from knowledge.generate.local import LocalWriter, open_local
from knowledge.generate.local_settings import LocalSettings
from knowledge.prompts import Message
from tests.benchmarks.tables import machine, median, print_table
from tests.tiny_model import make_tiny_model

PEOPLE = 8
ANSWER = 100
"""Tokens; no answer ends before."""
ROUNDS = 5
WORD = " holiday"


def main(sizes: list[int]) -> None:
    print(f"Measured on {machine()}; load before: {os.getloadavg()[0]:.1f}.", flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = make_tiny_model(
            Path(home), layers=8, hidden=512, vocabulary=4096, context=8192, eos_token_id=None
        )
        settings = LocalSettings(
            model=str(folder), max_new_tokens=ANSWER, context_tokens=8192, batch=PEOPLE
        )
        writer = open_local(settings)
        for size in sizes:
            compare(writer, size)
        writer.close()


def compare(writer: LocalWriter, size: int) -> None:
    ask(writer, prompt(size, 0))
    firsts = [
        (bare_first(writer, prompt(size, n)), our_first(ours(writer, prompt(size, n))))
        for n in range(ROUNDS)
    ]
    rates = [speeds(writer, size) for _ in range(2)]
    bare_ms, ours_ms = (median(times) for times in zip(*firsts, strict=True))
    alone, static, together = (median(one) for one in zip(*rates, strict=True))
    head = ("", "bare model.generate", "Lorebot", "ratio")
    rows = [
        ("time to the first token, ms", bare_ms, ours_ms, ours_ms / bare_ms),
        (f"{PEOPLE} people, one after another, tokens/s", "", alone, 1.0),
        (f"{PEOPLE} people at once, tokens/s", static, together, together / alone),
    ]
    dtype = str(writer.model.dtype).removeprefix("torch.")
    print_table(f"Prompts of {size} tokens, answers of {ANSWER}, {dtype}", head, rows)


def prompt(size: int, seed: int) -> list[Message]:
    return [{"role": "user", "content": f"{seed} {WORD * size}"}]


def ours(writer: LocalWriter, messages: list[Message]) -> Iterator[str]:
    return writer.write(messages, threading.Event())


class FirstToken(BaseStreamer):
    """Notes when the first token comes; it does not wait for a whole word, as others do."""

    def __init__(self) -> None:
        self.puts = 0
        self.came = 0.0

    def put(self, value: torch.Tensor) -> None:
        self.puts += 1
        # The first thing that is put is the prompt.
        if self.puts == 2:
            self.came = perf_counter()

    def end(self) -> None:
        pass


def bare_first(writer: LocalWriter, messages: list[Message]) -> float:
    """Milliseconds until the first token when a program calls the model itself."""
    began = perf_counter()
    streamer = FirstToken()
    generate(writer, torch.tensor([writer.chat.tokens(messages)]), streamer=streamer)
    return (streamer.came - began) * 1000


def generate(writer: LocalWriter, ids: torch.Tensor, **more: Any) -> None:
    writer.model.network.generate(
        ids.to(writer.model.device),
        attention_mask=torch.ones_like(ids).to(writer.model.device),
        max_new_tokens=ANSWER,
        do_sample=False,
        **more,
    )


def our_first(pieces: Iterator[str]) -> float:
    """Milliseconds until the first text; what follows is waited for, not measured."""
    began = perf_counter()
    while not next(pieces):
        pass
    took = (perf_counter() - began) * 1000
    for _ in pieces:
        pass
    return took


def ask(writer: LocalWriter, messages: list[Message]) -> None:
    for _ in ours(writer, messages):
        pass


def speeds(writer: LocalWriter, size: int) -> tuple[float, float, float]:
    """Tokens per second: one after another, model.generate over a batch, and at once."""
    asked = [prompt(size, n) for n in range(PEOPLE)]

    def one_by_one() -> None:
        for messages in asked:
            ask(writer, messages)

    def static() -> None:
        generate(writer, torch.tensor([writer.chat.tokens(messages) for messages in asked]))

    def together() -> None:
        with ThreadPoolExecutor(PEOPLE) as people:
            list(people.map(lambda messages: ask(writer, messages), asked))

    return rate(one_by_one), rate(static), rate(together)


def rate(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return PEOPLE * ANSWER / (perf_counter() - began)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [256, 1500])
