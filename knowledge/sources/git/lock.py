"""One process at a time: a lock on a file, which ends with the processes that hold it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.sources import SourceUnavailable

_LOOK_AGAIN = 0.05


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[int]:
    """Hold the lock; the descriptor may be passed on to processes that are to hold it too.

    Raises SourceUnavailable if others hold it for longer than `seconds`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(descriptor, seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise SourceUnavailable(
                    "Another process has been fetching the repository all this time: "
                    "wait for it to end, or end it, and reindex again."
                ) from None
            time.sleep(_LOOK_AGAIN)
