"""Each way to combine retrieval and fine-tuning is a run from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from finetune.datasets import Dataset
from finetune.request import CycleRequest
from finetune.settings import Strategy
from knowledge.base import Knowledge

from .conftest import Team, copied


@pytest.fixture
def whole_team(asked: tuple[Knowledge, Dataset], tmp_path: Path) -> Iterator[Team]:
    with copied(asked, tmp_path) as team:
        yield team


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("strategy", ["joint", "iterative", "domain-first"])
def test_a_strategy_leads_to_a_better_release(whole_team: Team, strategy: Strategy) -> None:
    record = whole_team.loop().turn(CycleRequest(strategy))
    assert record.strategy == strategy
    assert record.status == "promoted", record.reason
    assert whole_team.live().id == record.candidate_id
