"""How much memory this process has taken at most."""

from __future__ import annotations

import resource
import sys

KILOBYTES = 1 if sys.platform != "darwin" else 1024
"""How many of the units in which the system counts the peak of memory are a kilobyte."""


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES / 1024
