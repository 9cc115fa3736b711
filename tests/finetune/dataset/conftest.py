"""A small handbook, indexed with the real embedding model; tests only ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db import schema
from db.engine import open_database
from knowledge.base import Knowledge, open_knowledge
from knowledge.settings import KnowledgeSettings
from tests.finetune.dataset.making import PAGES, Making


@pytest.fixture(scope="session")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    home = tmp_path_factory.mktemp("dataset")
    (home / "docs").mkdir()
    for name, text in PAGES.items():
        (home / "docs" / name).write_text(text)
    database = open_database(f"sqlite:///{home / 'handbook.db'}")
    schema.upgrade(database)
    knowledge = open_knowledge(database, KnowledgeSettings(documents=home / "docs"))
    knowledge.reindex()
    yield knowledge
    knowledge.close()
    database.close()


@pytest.fixture(scope="session")
def making(handbook: Knowledge) -> Making:
    return Making(handbook)
