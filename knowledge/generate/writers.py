"""The seam that every language model fills: messages in, text out, piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from knowledge.prompts import Message


@dataclass(frozen=True, slots=True)
class Adapter:
    """A release's adapter: its name, and its folder."""

    name: str
    path: Path


class WriterUnavailable(Exception):
    """The model cannot write now; the message says why in a sentence, and shows no secret."""


class Writer(Protocol):
    """A language model. All methods may be called from several threads."""

    @property
    def name(self) -> str:
        """What every stored interaction is stamped with."""

    @property
    def prompt_tokens(self) -> int:
        """The most tokens that a prompt may have."""

    def count(self, text: str) -> int:
        """The tokens of a text; about right is enough."""

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        """The answer piece by piece; it ends early when `stop` is set.

        Raises WriterUnavailable, in the middle of an answer too.
        """

    def with_adapter(self, adapter: Adapter | None) -> Writer:
        """A writer with this adapter, or none, over the same model; this one goes on as it is.

        It is ready when it is returned. Raises KnowledgeUnusable if the adapter is not right for
        the model, WriterUnavailable if it cannot be loaded now.
        """

    def close(self) -> None:
        """Give back memory, threads and connections.

        The writer that was opened closes those made from it too; one of those, only itself.
        """
