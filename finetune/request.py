"""What is asked of the loop and what it has told of a cycle, light to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from db import cycles, diagnoses
from db.cycles import CycleRecord
from db.engine import Database
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


def find_cycle(database: Database, cycle_id: int) -> CycleDetail:
    """Raises CycleRefused if there is none of that number."""
    record = cycles.find(database, cycle_id)
    if record is None:
        raise CycleRefused(f"There is no cycle {cycle_id}: lorebot cycles lists them.")
    verdict = (record.report or {}).get("verdict", {})
    return CycleDetail(record, diagnoses.counts(database, cycle_id), verdict.get("figures", {}))
