"""Stops asking a server that keeps failing, and tries it again with one question after a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.generate.writers import WriterUnavailable

IN_A_ROW = 3
PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CircuitState:
    """What a metric or a status page shows."""

    open: bool
    """True while the server is not asked."""
    in_a_row: int
    failures: int
    """All failures since the start."""
    refused: int
    """Questions that the server was spared."""


class Circuit:
    """Counts failures in a row. Every `enter` is followed by succeeded, failed or left."""

    # An own one: the kept libraries wrap a function call, where the outcome of a streamed answer is
    # known at its end, and one that the reader leaves is neither a success nor a failure.

    def __init__(
        self,
        limit: int = IN_A_ROW,
        seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self.seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = self._failures = self._refused = 0
        self._until = 0.0
        self._last = ""

    @property
    def state(self) -> CircuitState:
        with self._lock:
            open_now = self._in_a_row >= self.limit and self._clock() < self._until
            return CircuitState(open_now, self._in_a_row, self._failures, self._refused)

    def enter(self) -> None:
        """Raises WriterUnavailable at once while the server rests."""
        with self._lock:
            if self._in_a_row < self.limit:
                return
            now = self._clock()
            if now >= self._until:
                # The one who comes first tries the server; the others wait for the outcome.
                self._until = now + self.seconds
                return
            self._refused += 1
            left, times, last = self._until - now, self._in_a_row, self._last
        raise WriterUnavailable(
            f"The language model server is not asked for another {left:.0f} s, because it failed "
            f"{times} times in a row; the last time: {last}"
        )

    def succeeded(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def failed(self, why: str) -> None:
        with self._lock:
            self._failures += 1
            self._in_a_row += 1
            self._last = why
            if self._in_a_row >= self.limit:
                self._until = self._clock() + self.seconds

    def left(self) -> None:
        """The question ended without saying anything about the server: the next one may try it."""
        with self._lock:
            if self._in_a_row >= self.limit:
                self._until = self._clock()
