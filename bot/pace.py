"""How often answers may be brought up to date, so that all of them together keep Slack's limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

APPENDS_A_MINUTE = 80
"""chat.appendStream is of tier 4: a hundred and more a minute."""
UPDATES_A_MINUTE = 40
"""chat.update is of tier 3: fifty and more a minute."""


@dataclass(slots=True)
class Pace:
    """Shared by the answers that are being written in one process."""

    stream_s: float = 0.8
    """At least so long between two pieces of a stream."""
    update_s: float = 2.0
    """At least so long between two changes of a message."""
    appends: int = APPENDS_A_MINUTE
    updates: int = UPDATES_A_MINUTE
    live: int = 0
    closed_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        with self.lock:
            self.live += 1
        try:
            yield
        finally:
            with self.lock:
                self.live -= 1

    def gap(self, *, streaming: bool) -> float:
        """Seconds from one call of an answer to its next."""
        if streaming:
            return max(self.stream_s, self.live * 60 / self.appends)
        return max(self.update_s, self.live * 60 / self.updates)

    def streams(self) -> bool:
        """Whether a stream may be tried."""
        return time.monotonic() >= self.closed_until

    def no_streams_for(self, seconds: float) -> None:
        """Slack has just refused one."""
        self.closed_until = max(self.closed_until, time.monotonic() + seconds)
