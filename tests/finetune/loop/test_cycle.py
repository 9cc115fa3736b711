"""A whole turn of the loop: what people said becomes a better release, or nothing changes."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from db import cycles, diagnoses, holdout, registry
from db.cycles import CycleRecord
from finetune.dataset import jsonl
from finetune.evaluate import score_all
from finetune.request import CycleRequest
from finetune.runs import Step
from finetune.scorers import reciprocal_rank
from finetune.split import split_of
from knowledge.adapters.check import check

from .conftest import TRAINING, Team, silent

# One fixture asks, trains and judges.
pytestmark = pytest.mark.timeout(300)

REQUEST = CycleRequest(requested_by="U1", surface="cli")


def only_cycle(team: Team) -> CycleRecord:
    """The first, and mostly the only one."""
    return cycles.latest(team.knowledge.database)[-1]


def held_out_mrr(team: Team) -> float:
    questions = [q for q in team.dataset.questions if split_of(q.question) == "validation"]
    scores = score_all(team.knowledge, questions, silent)
    return sum(reciprocal_rank(score.passage_rank, 10) for score in scores) / len(scores)


def test_what_was_learnt_is_better_on_what_was_held_out_and_goes_live(
    learnt: Team, team: Team
) -> None:
    record = only_cycle(learnt)
    assert (record.status, record.step) == ("promoted", "promote"), record.reason
    assert learnt.live().id == record.candidate_id != record.champion_id
    assert held_out_mrr(learnt) > held_out_mrr(team) + 0.1


def test_every_answer_says_which_release_gave_it(learnt: Team) -> None:
    answer = learnt.knowledge.answer("where do I find the zorbl?")
    assert answer.release_id == learnt.live().id


def test_its_adapter_is_kept_whole_with_what_it_was_made_from(learnt: Team) -> None:
    name = learnt.live().retriever_adapter
    assert name is not None
    manifest = check(learnt.knowledge.live.adapters / name, "retriever")
    report = only_cycle(learnt).report or {}
    assert manifest.cycle == only_cycle(learnt).id
    assert manifest.data == report["dataset"]["fingerprint"]


def test_it_tells_what_it_did_and_how_long_each_step_took(learnt: Team) -> None:
    report = only_cycle(learnt).report or {}
    steps = {"collect", "diagnose", "dataset", "train", "evaluate", "gate", "promote"}
    assert set(report["seconds"]) == steps
    assert report["causes"].keys() <= {"not_retrieved", "ranked_low", "wrongly_refused"}
    assert (
        report["training"]["retriever"]["loss_last"]
        < (report["training"]["retriever"]["loss_first"])
    )
    assert report["verdict"]["promote"] is True
    assert report["verdict"]["reason"] == only_cycle(learnt).reason


def test_the_diagnoses_and_the_scores_of_each_question_are_kept(learnt: Team) -> None:
    database, cycle = learnt.knowledge.database, only_cycle(learnt).id
    assert sum(diagnoses.counts(database, cycle).values()) == len(
        diagnoses.of_cycle(database, cycle)
    )
    scores = holdout.scores_of(database, cycle)
    assert {score.arm for score in scores} == {"champion", "candidate"}
    assert len(scores) == 2 * len(holdout.questions(database))


def test_no_held_out_question_trains(learnt: Team) -> None:
    data = jsonl.load(learnt.folder / f"cycle-{only_cycle(learnt).id}" / "data")
    asked = {pair.question for pair in data.pairs}
    assert asked
    assert asked.isdisjoint(holdout.questions(learnt.knowledge.database))


def test_a_rollback_brings_back_what_was_live_before(learnt: Team) -> None:
    before, champion = learnt.live(), only_cycle(learnt).champion_id
    back = learnt.loop().releases.rollback("U1")
    learnt.knowledge.live.refresh()
    given = learnt.knowledge.answer("where do I find the zorbl?").release_id
    learnt.loop().releases.promote(before.id, "U1")
    learnt.knowledge.live.refresh()
    assert (back.id, given) == (champion, champion)
    assert learnt.live().id == before.id


def test_without_anything_new_there_is_no_further_cycle(learnt: Team) -> None:
    before = learnt.live()
    record = learnt.loop().turn(REQUEST)
    assert (record.status, record.step) == ("refused", "collect")
    assert record.reason.startswith("Nothing has been rated, corrected or asked again")
    assert learnt.live() == before


def test_a_dry_run_changes_nothing(team: Team) -> None:
    before = team.live()
    record = team.loop().turn(replace(REQUEST, dry_run=True))
    assert record.status == "tried"
    assert record.reason.startswith("It would train on ")
    assert registry.releases(team.knowledge.database, 9) == [before]
    assert holdout.questions(team.knowledge.database) == []


def test_too_few_examples_are_refused_with_what_is_cheaper(team: Team) -> None:
    record = team.loop(TRAINING.model_copy(update={"min_examples": 500})).turn(REQUEST)
    assert record.status == "refused"
    assert "training.min_examples is 500: approve waiting corrections" in record.reason


def test_a_training_that_fails_leaves_what_is_live(team: Team) -> None:
    before = team.live()
    record = team.loop(TRAINING.model_copy(update={"memory_mb": 64})).turn(REQUEST)
    assert record.status == "failed"
    assert record.reason.startswith("The training took more than 64 MB of memory and was ended")
    assert team.live() == before


def test_a_cycle_ends_at_its_next_step_when_somebody_wants_it(team: Team) -> None:
    def cancel(step: Step) -> None:
        cycles.cancel(team.knowledge.database, only_cycle(team).id)

    record = team.loop().turn(REQUEST, cancel)
    assert (record.status, record.step) == ("cancelled", "diagnose")


def test_a_process_that_is_stopped_ends_its_cycle(team: Team) -> None:
    stopping = threading.Event()
    stopping.set()
    assert team.loop().turn(REQUEST, stopping=stopping).status == "cancelled"


def test_what_breaks_down_is_told_and_raised(team: Team) -> None:
    def broken(step: Step) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        team.loop().turn(REQUEST, broken)
    assert only_cycle(team).status == "failed"
    assert only_cycle(team).reason == "It broke down (ZeroDivisionError)."


def test_a_folder_that_cannot_be_written_fails_the_cycle_in_a_sentence(
    team: Team, tmp_path: Path
) -> None:
    (tmp_path / "training").write_text("in the way")
    record = team.loop().turn(REQUEST)
    assert record.status == "failed"
    assert record.reason.startswith("A file could not be read or written")
