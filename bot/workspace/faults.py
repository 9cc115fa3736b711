"""Troubles to order, for tests: rate limits, errors, cut connections, lost acknowledgements."""

import threading
from dataclasses import dataclass, field
from typing import Literal

Trouble = Literal["rate_limit", "error", "reset", "slow"]
EVERY = "*"


@dataclass
class Fault:
    """What happens to the next `times` calls of a method (or of every method)."""

    trouble: Trouble
    method: str
    times: int
    seconds: float = 0.0
    code: str = ""


@dataclass
class Faults:
    """Ordered from Python only; safe from any thread."""

    _faults: list[Fault] = field(default_factory=list)
    _lost_acks: int = 0
    _repeats: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rate_limit(self, method: str = EVERY, times: int = 1, retry_after: int = 1) -> None:
        """HTTP 429 with `Retry-After`, in seconds."""
        self._order(Fault("rate_limit", method, times, seconds=retry_after))

    def fail(self, method: str, code: str = "internal_error", times: int = 1) -> None:
        """`{"ok": false, "error": code}` without doing anything."""
        self._order(Fault("error", method, times, code=code))

    def reset(self, method: str = EVERY, times: int = 1) -> None:
        """The call is carried out, and then the connection is cut instead of an answer."""
        self._order(Fault("reset", method, times))

    def slow(self, method: str = EVERY, seconds: float = 1.0, times: int = 1) -> None:
        """The answer comes so many seconds late."""
        self._order(Fault("slow", method, times, seconds=seconds))

    def lose_acks(self, times: int = 1) -> None:
        """The next acknowledgements get lost on the way: Slack believes there were none."""
        with self._lock:
            self._lost_acks += times

    def repeat_events(self, times: int = 1) -> None:
        """The next events arrive once more although they were acknowledged."""
        with self._lock:
            self._repeats += times

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._lost_acks = self._repeats = 0

    def take(self, trouble: Trouble, method: str) -> Fault | None:
        """The fault that strikes this call, now used up once."""
        with self._lock:
            for fault in self._faults:
                if fault.trouble == trouble and fault.method in (EVERY, method) and fault.times:
                    fault.times -= 1
                    return fault
        return None

    def take_ack(self) -> bool:
        with self._lock:
            taken = self._lost_acks > 0
            self._lost_acks -= taken
        return taken

    def take_repeat(self) -> bool:
        with self._lock:
            taken = self._repeats > 0
            self._repeats -= taken
        return taken

    def _order(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)
