"""A team that has asked, rated and corrected, over an index of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from db import registry
from db.copies import copy_to
from db.engine import open_database
from finetune.cycle import Loop
from finetune.datasets import Dataset, load_dataset
from finetune.evaluate import indexed
from finetune.rehearsal.people import People
from finetune.releases import Releases
from finetune.retriever.settings import RetrieverTraining
from finetune.settings import TrainingSettings
from knowledge.base import Knowledge, build_knowledge
from knowledge.settings import KnowledgeSettings

from .jargon import make_dataset

TRAINING = TrainingSettings(
    enabled=True,
    min_examples=5,
    niceness=0,
    retriever=RetrieverTraining(learning_rate=2e-3, anchor=0.0, soup=1, weigh=False),
)
FEW = 10


def silent(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Team:
    knowledge: Knowledge
    dataset: Dataset
    folder: Path

    def loop(self, settings: TrainingSettings = TRAINING) -> Loop:
        releases = Releases(self.knowledge.database, self.knowledge)
        return Loop(self.knowledge, settings, releases, self.folder)

    def live(self) -> registry.ReleaseRecord:
        found = registry.live_record(self.knowledge.database)
        assert found is not None
        return found


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Knowledge, Dataset]]:
    """Everything has been asked, rated and corrected; nobody has learnt anything."""
    dataset = load_dataset(make_dataset(tmp_path_factory.mktemp("jargon")))
    with indexed(dataset, KnowledgeSettings(), silent) as knowledge:
        registry.ensure_live(knowledge.database, knowledge.release_parts())
        knowledge.live.refresh()
        done = [*People(knowledge, dataset).ask_all(dataset.questions)]
        assert done[-1] == len(dataset.questions)
        yield knowledge, dataset


@pytest.fixture(scope="session")
def few_asked(
    asked: tuple[Knowledge, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Knowledge, Dataset]]:
    """Only ten questions have been asked."""
    _, dataset = asked
    with indexed(dataset, KnowledgeSettings(), silent) as knowledge:
        registry.ensure_live(knowledge.database, knowledge.release_parts())
        done = [*People(knowledge, dataset).ask_all(dataset.questions[:FEW])]
        assert done[-1] == FEW
        yield knowledge, dataset


@contextmanager
def copied(asked: tuple[Knowledge, Dataset], folder: Path) -> Iterator[Team]:
    knowledge, dataset = asked
    copy_to(knowledge.database, folder / "team.db")
    database = open_database(f"sqlite:///{folder}/team.db")
    copy = build_knowledge(
        database, knowledge.embedder, knowledge.settings, adapters=folder / "adapters"
    )
    copy.live.refresh()
    yield Team(copy, dataset, folder / "training")
    copy.close()
    database.close()


@pytest.fixture
def team(few_asked: tuple[Knowledge, Dataset], tmp_path: Path) -> Iterator[Team]:
    """A team that has just begun."""
    with copied(few_asked, tmp_path) as team:
        yield team


@pytest.fixture(scope="module")
def learnt(
    asked: tuple[Knowledge, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    """A team for which one whole cycle has run."""
    from finetune.request import CycleRequest

    with copied(asked, tmp_path_factory.mktemp("learnt")) as team:
        team.loop().turn(CycleRequest(requested_by="U1", surface="cli"))
        team.knowledge.live.refresh()
        yield team
