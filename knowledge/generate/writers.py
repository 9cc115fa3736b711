"""The seam that every language model fills: messages in, text out, piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from knowledge.prompts import Message


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

    def close(self) -> None:
        """Give back memory, threads and connections."""
