"""The generator `local`: a language model in this process, with the adapter of the release."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import torch

from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_adapter import with_adapter
from knowledge.generate.local_chat import Chat, TextPieces
from knowledge.generate.local_model import LocalModel, load_model
from knowledge.generate.local_row import Row
from knowledge.generate.local_settings import LocalSettings
from knowledge.generate.local_worker import Worker
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message

LEAST_ANSWER = 16
"""Tokens that must be left for the answer."""
LEAST_PROMPT = 64
SMOKE: Sequence[Message] = (
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "Which colour does the sky have on a clear day?"},
)
SMOKE_TOKENS = 32


@dataclass(frozen=True, eq=False)
class LocalWriter:
    """Writes answers with one model. May be used by several threads."""

    settings: LocalSettings
    base: LocalModel
    """The model without an adapter."""
    model: LocalModel
    chat: Chat
    context: int
    name: str
    _worker: Worker = field(repr=False)
    _made: weakref.WeakSet[LocalWriter] = field(default_factory=weakref.WeakSet, repr=False)
    """Those that come from the one that was opened, and are still in use."""
    _opened: bool = True

    @property
    def prompt_tokens(self) -> int:
        return self.context - self.settings.max_new_tokens - self.chat.overhead

    def count(self, text: str) -> int:
        return self.chat.count(text)

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        prompt = self.chat.tokens(messages)
        room = min(self.settings.max_new_tokens, self.context - len(prompt))
        if room < LEAST_ANSWER:
            raise WriterUnavailable(
                f"The prompt is {len(prompt)} tokens long, and the local model takes "
                f"{self.context} with the answer: raise knowledge.local.context_tokens, or ask "
                "with fewer words."
            )
        row = Row(prompt, room, stop)
        pieces = TextPieces(self.chat.tokenizer)
        try:
            self._worker.submit(row)
            for token in row.tokens(self.settings.seconds):
                if piece := pieces.add(token):
                    yield piece
            if rest := pieces.rest():
                yield rest
        finally:
            row.leave()

    def with_adapter(self, adapter: Adapter | None) -> LocalWriter:
        """Point new questions to it: answers on their way end on this one, which frees what it
        holds when it is forgotten."""
        model = self.base if adapter is None else with_adapter(self.base, adapter.path)
        name = "" if adapter is None else adapter.name
        other = build_writer(self.settings, self.base, model, self.chat, name)
        other = replace(other, _made=self._made, _opened=False)
        self._made.add(other)
        return other

    def close(self) -> None:
        self._worker.close()
        for other in list(self._made) if self._opened else []:
            other.close()


def open_local(settings: LocalSettings, dtype: torch.dtype | None = None) -> LocalWriter:
    """Load the model and the adapter of the settings; `dtype` None is as these say.

    Raises KnowledgeUnusable, saying what to do.
    """
    base, chat = load_model(settings, dtype)
    adapter = Path(settings.adapter).expanduser() if settings.adapter else None
    model = base if adapter is None else with_adapter(base, adapter)
    return build_writer(settings, base, model, chat, adapter.name if adapter else "")


def build_writer(
    settings: LocalSettings, base: LocalModel, model: LocalModel, chat: Chat, adapter: str = ""
) -> LocalWriter:
    """`adapter` is the name of the one in `model`, if there is one."""
    name = f"local:{Path(settings.model).name}" + (f"@{adapter}" if adapter else "")
    longest = getattr(base.network.config, "max_position_embeddings", None)
    context = min(settings.context_tokens, longest or settings.context_tokens)
    worker = Worker(model, settings.batch, settings.queue)
    writer = LocalWriter(settings, base, model, chat, context, name, worker)
    if writer.prompt_tokens < LEAST_PROMPT:
        raise KnowledgeUnusable(
            f"Of the {context} tokens that {settings.model} reads and writes, "
            f"{settings.max_new_tokens} are kept for the answer, which leaves too few for the "
            "passages: lower knowledge.local.max_new_tokens, or raise context_tokens."
        )
    return writer


def smoke(settings: LocalSettings) -> str:
    """Load the model, let it write a little, and say in one line how that went.

    Raises KnowledgeUnusable or WriterUnavailable.
    """
    writer = open_local(settings.model_copy(update={"max_new_tokens": SMOKE_TOKENS}))
    try:
        began = perf_counter()
        said = "".join(writer.write(SMOKE, threading.Event()))
        seconds = perf_counter() - began
    finally:
        writer.close()
    dtype = str(writer.model.dtype).removeprefix("torch.")
    rate = writer.count(said) / seconds
    return (
        f"{writer.name} wrote {said.strip()!r} in {dtype} on {writer.model.device.type}, "
        f"{rate:.1f} tokens per second with the reading of the prompt"
    )
