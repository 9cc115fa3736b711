"""A whole cycle on PostgreSQL, on both sides: asked, rated, learnt, live, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db import cycles, registry
from db.engine import Database
from db.sources import PUBLIC, keep_audiences
from finetune.datasets import load_dataset
from finetune.evaluate import add_all
from finetune.rehearsal.people import People
from finetune.releases import Releases
from finetune.request import CycleRequest
from knowledge.adapters.sides import space_of
from knowledge.base import open_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import PASSAGES

from ...db.conftest import make_postgres, migrated_postgres, postgres, postgres_server
from .conftest import Team, silent
from .jargon import make_dataset
from .test_both_sides import BOTH, QUESTION, live_space, unread

__all__ = ["make_postgres", "migrated_postgres", "postgres", "postgres_server"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def team(postgres: Database, tmp_path: Path) -> Iterator[Team]:
    """A team that has asked, rated and corrected everything."""
    dataset = load_dataset(make_dataset(tmp_path / "data"))
    knowledge = open_knowledge(postgres, KnowledgeSettings(), adapters=tmp_path / "adapters")
    add_all(knowledge, dataset.passages, silent)
    keep_audiences(postgres, {PASSAGES: [PUBLIC]})
    registry.ensure_live(postgres, knowledge.release_parts())
    knowledge.live.refresh()
    assert [*People(knowledge, dataset).ask_all(dataset.questions)]
    yield Team(knowledge, dataset, tmp_path / "training")
    knowledge.close()


def test_what_was_learnt_goes_live_and_can_be_taken_back(team: Team, postgres: Database) -> None:
    before = team.knowledge.retriever.find(QUESTION).passages[0].title
    team.loop(BOTH).turn(CycleRequest(requested_by="U1"))
    team.knowledge.refresh()

    record = cycles.latest(postgres)[-1]
    assert record.status == "promoted", record.reason
    space = space_of(team.knowledge.live.adapters / str(team.live().retriever_adapter))
    assert (live_space(team), unread(team, space)) == (space, 0)
    assert before != "Coffee"
    assert team.knowledge.retriever.find(QUESTION).passages[0].title == "Coffee"
    assert team.knowledge.answer(QUESTION).release_id == record.candidate_id

    Releases(postgres, team.knowledge).rollback("U1")
    team.knowledge.refresh()
    assert live_space(team) is None
    assert team.knowledge.retriever.find(QUESTION).passages[0].title == before
