"""What is asked of the loop and what it tells of a cycle, as plain data that is light to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from db.cycles import CycleRecord
from finetune.settings import Strategy


class CycleRefused(Exception):
    """What was asked of the loop cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class CycleRequest:
    """Who wants a cycle, and which; `strategy` is None for the one that is set.

    A `dry_run` says what would be learned and changes nothing.
    """

    strategy: Strategy | None = None
    dry_run: bool = False
    requested_by: str = ""
    surface: str = "cli"


@dataclass(frozen=True, slots=True)
class CycleDetail:
    """A cycle with how often it found each cause, and the figures of its verdict."""

    record: CycleRecord
    causes: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
