"""A hostile file and what is to become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """Left out, with a reason that begins so."""

    name: str
    content: Callable[[], bytes]
    reason: str


@dataclass(frozen=True)
class Readable:
    """Read all the same; what `holds` is in its text and what `lacks` is not."""

    name: str
    content: Callable[[], bytes]
    holds: str = ""
    lacks: str = "root:"
