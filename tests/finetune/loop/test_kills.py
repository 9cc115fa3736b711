"""kill -9 at any step of a cycle: what is live stays as it was, and the next cycle goes on."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import cycles
from finetune.datasets import Dataset
from finetune.request import CycleRequest
from knowledge.base import Knowledge

from .conftest import Team, copied

CYCLE = """
import sys
from pathlib import Path
from tests.finetune.loop.killed import run

run(Path(sys.argv[1]), sys.argv[2])
"""
ROOT = Path(__file__).parents[3]
STEPS = ("collect", "diagnose", "dataset", "train", "evaluate", "gate", "promote")


@pytest.fixture(scope="module")
def team(
    asked: tuple[Knowledge, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    with copied(asked, tmp_path_factory.mktemp("killed")) as team:
        yield team


def files(folder: Path) -> dict[str, str]:
    """What every file below it hashes to."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("step", STEPS)
def test_a_cycle_that_is_killed_leaves_what_is_live(team: Team, step: str) -> None:
    before, adapters = team.live(), files(team.knowledge.live.adapters)

    ended = subprocess.run(
        [sys.executable, "-c", CYCLE, str(team.folder.parent), step], cwd=ROOT, check=False
    )

    assert ended.returncode == -signal.SIGKILL
    assert team.live() == before
    after = files(team.knowledge.live.adapters)
    assert {name: after[name] for name in adapters} == adapters
    assert cycles.latest(team.knowledge.database)[0].status == "running"
    assert team.knowledge.answer("where do I find the zorbl?").release_id == before.id


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_next_cycle_closes_what_was_killed_and_learns(team: Team) -> None:
    record = team.loop().turn(CycleRequest())
    others = cycles.latest(team.knowledge.database, 20)[1:]
    assert {other.status for other in others} == {"failed"}
    assert {other.reason for other in others} == {cycles.ABANDONED}
    assert record.status in ("promoted", "held"), record.reason
