"""A cycle on both sides: passages are read anew beside the live index, judged on, and switched."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db import cycles
from db import shadow as stored
from finetune.datasets import Dataset
from finetune.releases import Releases
from finetune.request import CycleRequest
from finetune.retriever.settings import RetrieverTraining
from finetune.runs import Step
from finetune.workshop import Workshop
from knowledge.adapters.check import check
from knowledge.adapters.sides import space_of
from knowledge.base import Knowledge
from knowledge.mirror import Mirror

from .conftest import TRAINING, Team, copied

pytestmark = pytest.mark.timeout(300)

BOTH = TRAINING.model_copy(
    update={
        "retriever": RetrieverTraining(
            sides="both", learning_rate=2e-3, epochs=4, anchor=0.0, near=0, weigh=False
        )
    }
)
QUESTION = "where do I find the zorbl?"
ROOT = Path(__file__).parents[3]
KILLED = """
import sys
from pathlib import Path
from tests.finetune.loop.test_both_sides import run_until_read

run_until_read(Path(sys.argv[1]))
"""


def unread(team: Team, space: str | None) -> int:
    assert space is not None
    with team.knowledge.database.reading() as session:
        version = team.knowledge.status().version
        return stored.count_unread(session, version or 0, space)


def live_space(team: Team) -> str | None:
    return team.knowledge.live.current().questions.space


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return []


@pytest.fixture(scope="module")
def both(
    asked: tuple[Knowledge, Dataset],
    steps: list[Step],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Team]:
    """A team for which one cycle of both sides has run."""
    with copied(asked, tmp_path_factory.mktemp("both")) as team:
        team.loop(BOTH).turn(CycleRequest(requested_by="U1"), steps.append)
        team.knowledge.live.refresh()
        yield team


def test_it_goes_live_with_the_vectors_that_it_was_judged_on(both: Team) -> None:
    record = cycles.latest(both.knowledge.database)[-1]
    name = both.live().retriever_adapter
    assert (record.status, name is None) == ("promoted", False), record.reason
    folder = both.knowledge.live.adapters / str(name)

    assert check(folder, "retriever").sides == "both"
    assert live_space(both) == space_of(folder)
    assert unread(both, space_of(folder)) == 0
    assert both.knowledge.answer(QUESTION).release_id == record.candidate_id


def test_it_tells_how_far_the_passages_are_read(both: Team, steps: list[Step]) -> None:
    told = [step for step in steps if step.note == "reading all passages anew"]
    passages = both.knowledge.status().passages

    assert {step.step for step in told} == {"evaluate"}
    assert (told[-1].done, told[-1].total) == (passages, passages)


def test_what_it_finds_is_what_people_asked_for(both: Team) -> None:
    found = both.knowledge.retriever.find(QUESTION).passages

    assert found[0].title == "Coffee"
    assert found[0].dense_score == max(passage.dense_score for passage in found)


def test_a_rollback_and_a_promotion_switch_release_and_vectors_at_once(both: Team) -> None:
    releases = Releases(both.knowledge.database, both.knowledge)
    promoted, space = both.live(), live_space(both)

    releases.rollback("U1")
    both.knowledge.refresh()
    assert live_space(both) is None
    assert unread(both, space) == 0
    releases.promote(promoted.id, "U1")
    both.knowledge.refresh()

    assert (both.live().id, live_space(both)) == (promoted.id, space)


def test_a_promotion_reads_what_is_missing_first(both: Team) -> None:
    releases = Releases(both.knowledge.database, both.knowledge)
    promoted, space = both.live(), live_space(both)
    releases.rollback("U1")
    both.knowledge.refresh()
    stored.forget(both.knowledge.database, [])
    assert unread(both, space) == both.knowledge.status().passages

    releases.promote(promoted.id, "U1")
    both.knowledge.refresh()

    assert unread(both, space) == 0
    assert live_space(both) == space


def test_another_vector_store_ends_the_cycle_with_a_sentence(team: Team) -> None:
    mirror = Mirror(team.knowledge.database, object())  # type: ignore[arg-type]
    mirrored = replace(team, knowledge=replace(team.knowledge, mirror=mirror))

    record = mirrored.loop(BOTH).turn(CycleRequest())

    assert record.status == "failed"
    assert 'set training.retriever.sides = "questions"' in record.reason


def test_whoever_ends_a_cycle_ends_the_reading(
    both: Team, asked: tuple[Knowledge, Dataset], tmp_path: Path
) -> None:
    import threading

    from finetune.process import Cancelled
    from finetune.runs import Trained
    from finetune.workshop import Made

    folder = both.knowledge.live.adapters / str(both.live().retriever_adapter)
    with copied(asked, tmp_path) as team:
        stopping = threading.Event()
        stopping.set()
        workshop = Workshop(team.knowledge, BOTH, tmp_path, lambda step: None, stopping)
        with pytest.raises(Cancelled), workshop.answering(Made(Trained(folder))):
            pass
        assert unread(team, space_of(folder)) == team.knowledge.status().passages


def run_until_read(folder: Path) -> None:
    """A cycle that ends its own process in the middle of reading the passages."""
    import os

    from db.engine import open_database
    from finetune.cycle import Loop
    from knowledge.base import open_knowledge
    from knowledge.settings import KnowledgeSettings

    database = open_database(f"sqlite:///{folder}/team.db")
    knowledge = open_knowledge(database, KnowledgeSettings(top_k=10), adapters=folder / "adapters")
    knowledge = replace(knowledge, shadow=replace(knowledge.shadow, at_once=4))
    knowledge.refresh()

    def kill(step: Step) -> None:
        if step.note == "reading all passages anew" and step.done == 8:
            os.kill(os.getpid(), signal.SIGKILL)

    releases = Releases(database, knowledge)
    Loop(knowledge, BOTH, releases, folder / "training").turn(CycleRequest(), kill)


@pytest.mark.slow
def test_a_kill_while_passages_are_read_leaves_what_is_live(
    asked: tuple[Knowledge, Dataset], tmp_path: Path
) -> None:
    with copied(asked, tmp_path) as team:
        before = team.live()

        ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)

        assert ended.returncode == -signal.SIGKILL
        with team.knowledge.database.reading() as session:
            [space] = stored.spaces(session)
        assert unread(team, space) == team.knowledge.status().passages - 8
        assert team.live() == before
        assert team.knowledge.answer(QUESTION).release_id == before.id
        record = team.loop(BOTH).turn(CycleRequest())
        assert record.status == "promoted", record.reason
        team.knowledge.refresh()
        assert unread(team, live_space(team)) == 0
