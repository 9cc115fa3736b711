"""Experts are the admins and the keepers of documents, each with what they may see."""

from __future__ import annotations

import threading

import pytest

from bot.errors import NotAllowed
from bot.experts import Experts
from bot.lorebot import Lorebot
from db import audit, feedback, jobs, verified
from db.feedback import CorrectionRecord
from finetune.review import ReviewRefused

from .conftest import ADMIN, FakeKnowledge

KEEPER, OTHER = "U0KEEPER", "U0OTHER"


@pytest.fixture
def experts(lorebot: Lorebot) -> Experts:
    owners = {"handbook": (KEEPER,), "wiki": ()}
    return Experts(lorebot.commands, owners, retry_s=0.02)


def corrected(lorebot: Lorebot, right: str | None = "In 1969.") -> int:
    asked = lorebot.desk.ask("when was the Apollo landing?", surface="cli")
    told = CorrectionRecord(str(asked.id), OTHER, "wrong_answer", right, None)
    return feedback.correct(lorebot.database, told)


@pytest.mark.parametrize(("person", "expert"), [(ADMIN, True), (KEEPER, True), (OTHER, False)])
def test_admins_and_keepers_of_documents_are_experts(
    experts: Experts, person: str, expert: bool
) -> None:
    assert experts.is_expert(person) is expert
    assert (experts.count_for(person) is None) is not expert


def test_others_are_told_how_to_become_one(experts: Experts) -> None:
    with pytest.raises(NotAllowed, match=f"adding {OTHER} to the owners of a source"):
        experts.authorise(OTHER, "slack", "review")
    [line] = audit.latest(experts.commands.database)
    assert (line.act, line.outcome) == ("review", "refused")


def test_a_decision_is_audited(lorebot: Lorebot, experts: Experts) -> None:
    number = corrected(lorebot)
    experts.reject(number, KEEPER, "slack", "No.")
    with pytest.raises(ReviewRefused):
        experts.approve(number, KEEPER, "slack")
    lines = [(line.act, line.outcome) for line in reversed(audit.latest(lorebot.database))]
    assert lines == [(f"reject {number}", "done"), (f"approve {number}", "failed")]


def test_ones_own_correction_counts_at_once_for_experts_alone(
    lorebot: Lorebot, experts: Experts
) -> None:
    first, second, third = (corrected(lorebot) for _ in range(3))
    assert experts.approve_own(first, OTHER, "slack", says_what_is_right=True) is None
    assert experts.approve_own(second, KEEPER, "slack", says_what_is_right=False) is None
    own = experts.approve_own(third, KEEPER, "slack", says_what_is_right=True)
    assert own is not None
    assert [one.id for one in verified.waiting(lorebot.database)] == [first, second]
    assert experts.count_for(KEEPER) == 2


def test_publishing_waits_for_a_reindex_that_runs(
    lorebot: Lorebot, experts: Experts, knowledge: FakeKnowledge
) -> None:
    claim = jobs.claim(lorebot.database, "reindex", "another process")
    release = threading.Timer(0.2, lambda: jobs.finish(lorebot.database, claim, {}))
    release.start()
    experts.publish(KEEPER, "slack")
    release.join()
    assert knowledge.read == [("answers",)]
