"""One thing that is looked at, and how it may come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.config import SettingsError
from db.engine import DatabaseUnusable
from knowledge.errors import KnowledgeUnusable


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    found: str
    advice: str = ""

    @property
    def failed(self) -> bool:
        return self.state == "failed"


class Failed(Exception):
    """What was found, and what to do about it."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.advice = advice


class Skipped(Exception):
    """Why there is nothing to check."""


def tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except Skipped as reason:
        return Check(name, "skipped", str(reason))
    except Failed as error:
        return Check(name, "failed", str(error), error.advice)
    except (SettingsError, DatabaseUnusable, KnowledgeUnusable) as error:
        return Check(name, "failed", str(error))
    # A check that breaks down must not hide what the others found.
    except Exception as error:
        return Check(name, "failed", f"{type(error).__name__}: {error}")
