"""Turns at what only one may use at a time: who is in a hurry goes first, else who came first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count


class Turns:
    """A lock that nobody waits for longer than is fair, unlike threading.Lock."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets = count()
        self._waiting: list[tuple[bool, int]] = []
        self._taken = False

    @contextmanager
    def taken(self, *, hurry: bool) -> Iterator[None]:
        ticket = (not hurry, next(self._tickets))
        with self._changed:
            heappush(self._waiting, ticket)
            self._changed.wait_for(lambda: not self._taken and self._waiting[0] == ticket)
            heappop(self._waiting)
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
