"""What admins have done with the loop is audited, and one cycle runs at a time."""

from __future__ import annotations

import threading

import pytest

from bot.claims import Patience
from bot.errors import explain
from bot.learning import CYCLE, LearningCommands, retrain_act
from bot.lorebot import Lorebot
from db import audit, jobs, registry
from db.jobs import JobIsRunning
from db.registry import NothingToRollBack, UnknownRelease
from finetune.request import CycleRefused
from finetune.runs import Step

from .fake_learning import FakeLearning


@pytest.fixture
def loop(lorebot: Lorebot) -> LearningCommands:
    return lorebot.learning


def lines(loop: LearningCommands) -> list[tuple[str, str]]:
    found = reversed(audit.latest(loop.commands.database))
    return [(line.act, line.outcome) for line in found]


def live(loop: LearningCommands) -> int:
    return loop.live().id


def test_a_cycle_reports_every_step_and_what_came_of_it(loop: LearningCommands) -> None:
    steps: list[Step] = []
    record = loop.retrain("joint", progress=steps.append, actor="me")
    assert [step.step for step in steps][:2] == ["collect", "diagnose"]
    assert (record.status, record.strategy, record.requested_by) == ("promoted", "joint", "me")
    assert lines(loop) == [("retrain joint", "done")]
    run = jobs.latest(loop.commands.database, CYCLE)
    assert run is not None
    assert run.result == {"cycle": record.id, "status": "promoted"}


def test_two_cycles_never_run_at_once(loop: LearningCommands, learning: FakeLearning) -> None:
    jobs.claim(loop.commands.database, CYCLE, "another process")
    with pytest.raises(JobIsRunning, match="A cycle is running already"):
        loop.retrain(actor="me")
    assert learning.asked == []
    assert lines(loop) == [("retrain", "failed")]


def test_a_cycle_can_wait_for_another(loop: LearningCommands, learning: FakeLearning) -> None:
    claim = jobs.claim(loop.commands.database, CYCLE, "another process")
    release = threading.Timer(0.2, lambda: jobs.finish(loop.commands.database, claim, {}))
    release.start()
    loop.retrain(actor="me", patience=Patience(10, loop.commands.stopping, 0.02))
    release.join()
    assert len(learning.asked) == 1


def test_a_cycle_that_is_refused_is_audited_and_another_may_follow(
    loop: LearningCommands, learning: FakeLearning
) -> None:
    learning.error = CycleRefused("Training is switched off.")
    with pytest.raises(CycleRefused):
        loop.retrain(dry_run=True, actor="me")
    learning.error = None
    loop.retrain(actor="me")
    assert lines(loop) == [("retrain --dry-run", "failed"), ("retrain", "done")]


def test_promoting_and_rolling_back_are_audited(
    loop: LearningCommands, learning: FakeLearning
) -> None:
    first = live(loop)
    second = learning.candidate(first)
    assert loop.promote(second, "me", "cli").status == "live"
    assert loop.rollback("me", "cli").id == first
    assert lines(loop) == [(f"promote {second}", "done"), ("rollback", "done")]
    retired = registry.find(loop.commands.database, second)
    assert retired is not None
    assert "Rolled back by me." in retired.note


def test_what_cannot_be_done_is_a_sentence(loop: LearningCommands) -> None:
    with pytest.raises(UnknownRelease) as unknown:
        loop.release(99)
    with pytest.raises(CycleRefused) as no_cycle:
        loop.cycle(99)
    with pytest.raises(NothingToRollBack) as nothing:
        loop.rollback("me", "cli")
    assert explain(unknown.value) == "There is no release 99: lorebot releases lists them."
    assert explain(no_cycle.value) == "There is no cycle 99: lorebot cycles lists them."
    assert "nothing to roll back" in explain(nothing.value)


def test_only_the_release_that_was_asked_about_is_taken_back(
    loop: LearningCommands, learning: FakeLearning
) -> None:
    first = live(loop)
    second = learning.candidate(first)
    loop.promote(second, "me", "cli")
    with pytest.raises(CycleRefused, match=f"Release {first} is not live any more"):
        loop.rollback("me", "slack", from_release=first)
    assert live(loop) == second


def test_the_watch_tells_what_it_has_taken_back(
    loop: LearningCommands, learning: FakeLearning
) -> None:
    first = live(loop)
    loop.promote(learning.candidate(first), "me", "cli")
    assert loop.watch() is None
    learning.falls = True
    back = loop.watch()
    assert back is not None
    assert back.id == first
    [line] = audit.latest(loop.commands.database, 1)
    assert (line.actor, line.act, line.outcome) == ("watch", f"rollback to {first}", "done")


@pytest.mark.parametrize(
    ("strategy", "dry_run", "act"),
    [(None, False, "retrain"), ("joint", True, "retrain joint --dry-run")],
)
def test_an_act_is_audited_as_it_would_be_typed(
    strategy: str | None, dry_run: bool, act: str
) -> None:
    assert retrain_act(strategy, dry_run) == act
