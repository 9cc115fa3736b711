"""Runs a cycle that ends its own process at a step, as `kill -9` would."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from db.engine import open_database
from finetune.cycle import Loop
from finetune.releases import Releases
from finetune.request import CycleRequest
from finetune.runs import Step
from knowledge.base import open_knowledge
from knowledge.settings import KnowledgeSettings

from .conftest import TRAINING


def run(folder: Path, at: str) -> None:
    database = open_database(f"sqlite:///{folder}/team.db")
    settings = KnowledgeSettings(top_k=10)
    knowledge = open_knowledge(database, settings, adapters=folder / "adapters")
    knowledge.refresh()

    def kill(step: Step) -> None:
        if step.step == at:
            os.kill(os.getpid(), signal.SIGKILL)

    loop = Loop(knowledge, TRAINING, Releases(database, knowledge), folder / "training")
    loop.turn(CycleRequest(), kill)
