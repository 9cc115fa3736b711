"""One question on its way through the model: who asks on one side, the worker on the other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence

from knowledge.generate.writers import WriterUnavailable

LOOK_S = 0.05
"""How often whoever waits for a token looks whether they were told to stop."""

Heard = int | WriterUnavailable | None
"""A token, why there will be no more, or that the answer is complete."""


class Row:
    """The tokens of a prompt, and those that the model says to it."""

    def __init__(self, prompt: Sequence[int], limit: int, stop: threading.Event) -> None:
        self.prompt = list(prompt)
        self.over = False
        """Nothing more will be said; only the worker sets it."""
        self._room = limit
        self._stop = stop
        self._left = False
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()

    @property
    def gone(self) -> bool:
        """Whether nobody listens any more."""
        return self._left or self._stop.is_set()

    def say(self, token: int, last: bool) -> None:
        """The next token; with `last` it ends the answer and is no part of it."""
        if last:
            return self.end()
        self._heard.put(token)
        self._room -= 1
        if not self._room:
            self.end()

    def end(self, why: WriterUnavailable | None = None) -> None:
        self.over = True
        self._heard.put(why)

    def leave(self) -> None:
        """The worker gives the place to the next one."""
        self._left = True

    def tokens(self, seconds: float) -> Iterator[int]:
        """The tokens as they come, until the end, the stop, or so many seconds from now.

        Raises WriterUnavailable if the model fails, or has said nothing when the time is over.
        """
        silent, until = True, time.monotonic() + seconds
        while not self._stop.is_set():
            try:
                heard = self._heard.get(timeout=LOOK_S)
            except queue.Empty:
                if time.monotonic() < until:
                    continue
                if silent:
                    raise WriterUnavailable(
                        f"The local model wrote nothing in {seconds} seconds: it has too much to "
                        "do or is too slow for this machine."
                    ) from None
                return
            if isinstance(heard, WriterUnavailable):
                raise heard
            if heard is None:
                return
            yield heard
            silent = False
            if time.monotonic() >= until:
                return
