"""All the parts of a running Lorebot in one hand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from bot.commands import Commands
from bot.config import Settings
from bot.desk import Desk, Knowledge
from bot.experts import Experts
from bot.learning import LearningCommands
from bot.streaming import Stops
from db.engine import Database


@dataclass(frozen=True, slots=True)
class Lorebot:
    """All of Lorebot but its connection to Slack."""

    settings: Settings
    database: Database
    knowledge: Knowledge
    desk: Desk
    commands: Commands
    experts: Experts
    learning: LearningCommands
    wake: threading.Event = field(default_factory=threading.Event)
    """Rings when a question has been stored."""
    stops: Stops = field(default_factory=Stops)
    """Ends what is being written, where a person wants no more of it."""

    def close(self) -> None:
        self.knowledge.close()
        self.database.close()
