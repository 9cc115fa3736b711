"""A run learns what it was told, the same each time, and leaves nothing behind when it fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.examples import Pair
from finetune.retriever.job import RetrieverJob
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.train import train_retriever
from finetune.runs import Step, Trained, TrainingFailed
from knowledge.embed import Embedder
from knowledge.question_adapter import with_question_adapter
from tests.finetune.retriever.conftest import FIRST, PAIRS, PASSAGES, QUESTIONS, MakeJob, pair

DROPOUT = {"dropout": 0.2, "anchor": 0}
"""To a model of random weights half a question is another one, which an anchor would mind."""


def run(job: RetrieverJob) -> Trained:
    return train_retriever(job, lambda step: None)


def adapter(trained: Trained) -> bytes:
    return (trained.folder / "adapter_model.safetensors").read_bytes()


def nearest(embedder: Embedder, questions: list[str]) -> list[int]:
    """The place of each question's nearest passage."""
    cosines = embedder.embed_questions(questions) @ embedder.embed_passages(PASSAGES).T
    return [int(place) for place in cosines.argmax(axis=1)]


class Killed(Exception):
    """The process has ended in the middle of a run."""


def test_questions_come_to_the_passages_that_answer_them(
    make_job: MakeJob, embedder: Embedder
) -> None:
    trained = run(make_job("one", epochs=40, learning_rate=0.01, anchor=0))

    assert nearest(with_question_adapter(embedder, trained.folder), QUESTIONS) == [0, 1, 2, 3]
    assert nearest(embedder, QUESTIONS) != [0, 1, 2, 3]


def test_the_figures_say_what_came_of_it(make_job: MakeJob) -> None:
    figures = run(make_job("one", learning_rate=0.01)).figures

    assert figures["loss_last"] < figures["loss_first"]
    assert figures["steps"] == 16
    assert figures["examples"] == 4
    assert figures["passages"] == len(PASSAGES)
    assert figures["seconds"] > 0
    assert figures["peak_mb"] > 10


def test_every_step_is_told_with_its_loss_and_the_time_left(make_job: MakeJob) -> None:
    told: list[Step] = []

    train_retriever(make_job("one"), told.append)

    assert [step.done for step in told] == list(range(1, 17))
    assert {(step.step, step.total) for step in told} == {("train", 16)}
    assert told[3].note.startswith("loss ")
    assert told[3].note.endswith(" s left")


@pytest.mark.parametrize("some", [{}, DROPOUT], ids=["whole", "dropout"])
def test_equal_runs_make_equal_adapters_to_the_bit(
    make_job: MakeJob, some: dict[str, float]
) -> None:
    one, two = run(make_job("one", **some)), run(make_job("two", **some))

    assert adapter(one) == adapter(two)
    config = [(t.folder / "adapter_config.json").read_text() for t in (one, two)]
    assert config[0] == config[1]


def test_another_seed_makes_another_adapter(make_job: MakeJob) -> None:
    one, two = run(make_job("one")), run(replace(make_job("two"), seed=1))

    assert adapter(one) != adapter(two)


def test_what_is_left_out_of_questions_makes_another_adapter(make_job: MakeJob) -> None:
    assert adapter(run(make_job("one", **DROPOUT))) != adapter(run(make_job("two", anchor=0)))


@pytest.mark.parametrize("some", [{}, DROPOUT], ids=["whole", "dropout"])
@pytest.mark.parametrize("steps", [1, 5, 15])
def test_a_run_that_was_killed_goes_on_to_the_same_adapter(
    make_job: MakeJob, steps: int, some: dict[str, float]
) -> None:
    whole, broken = run(make_job("whole", **some)), make_job("broken", **some)
    told: list[Step] = []

    def kill(step: Step) -> None:
        if step.done == steps:
            raise Killed

    with pytest.raises(Killed):
        train_retriever(broken, kill)
    went_on = train_retriever(broken, told.append)

    assert adapter(went_on) == adapter(whole)
    assert went_on.figures["loss_first"] == whole.figures["loss_first"]
    # An epoch has two steps.
    assert told[0].done == steps // 2 * 2 + 1


def test_other_examples_do_not_go_on_from_what_a_run_has_left(make_job: MakeJob) -> None:
    job, told = make_job("one"), list[Step]()

    def kill(step: Step) -> None:
        if step.done == 5:
            raise Killed

    with pytest.raises(Killed):
        train_retriever(job, kill)
    job.pairs.write_text(job.pairs.read_text().replace("Which card", "What card"))
    train_retriever(job, told.append)

    assert told[0].done == 1


def test_a_checkpoint_that_cannot_be_read_is_begun_anew(make_job: MakeJob) -> None:
    job = make_job("one")
    job.work.mkdir()
    (job.work / "checkpoint-0.pt").write_bytes(b"PK\x03\x04 and no more")

    assert adapter(run(job)) == adapter(run(make_job("two")))


def test_a_finished_run_leaves_no_checkpoint(make_job: MakeJob) -> None:
    job = make_job("one")

    run(job)

    assert list(job.work.iterdir()) == []


def test_a_loss_that_is_no_number_ends_the_run_and_saves_nothing(
    make_job: MakeJob, corpus: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ids.npy").write_bytes((corpus / "ids.npy").read_bytes())
    vectors = np.load(corpus / "vectors.npy")
    vectors[3] = np.nan
    np.save(broken / "vectors.npy", vectors)
    job = replace(make_job("one"), corpus=broken)

    with pytest.raises(TrainingFailed, match=r"not a number after step 1\. Lower"):
        run(job)
    assert not job.out.exists()
    assert not job.work.exists()


def test_a_loss_that_rises_ends_the_run_and_saves_nothing(make_job: MakeJob) -> None:
    job = make_job("one", learning_rate=0.1, temperature=0.01, anchor=0, epochs=50)

    with pytest.raises(TrainingFailed, match=r"has risen from \d.* to \d.*nothing was saved"):
        run(job)
    assert not job.out.exists()
    assert not list(job.work.glob("*"))


def test_pairs_that_cannot_be_read_are_told_by_their_line(make_job: MakeJob) -> None:
    job = make_job("one")
    job.pairs.write_text('{"question": "Which card?"}\n')

    with pytest.raises(TrainingFailed, match=r"Line 1 of .*pairs\.jsonl"):
        run(job)


def test_a_run_goes_on_from_another_adapter(make_job: MakeJob) -> None:
    first = run(make_job("one", learning_rate=0.01))

    second = run(replace(make_job("two"), start_from=first.folder))

    assert second.figures["loss_first"] < first.figures["loss_last"] + 0.1
    assert adapter(second) != adapter(first)


def test_a_damaged_adapter_is_not_gone_on_from(make_job: MakeJob) -> None:
    first = run(make_job("one"))
    weights = first.folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])

    with pytest.raises(TrainingFailed, match="adapter_model"):
        run(replace(make_job("two"), start_from=first.folder))


def test_an_anchor_keeps_questions_near_to_where_they_were(
    make_job: MakeJob, embedder: Embedder
) -> None:
    free = run(make_job("free", learning_rate=0.003, anchor=0))
    held = run(make_job("held", learning_rate=0.003, anchor=20))
    before = embedder.embed_questions(QUESTIONS)

    def moved(trained: Trained) -> float:
        after = with_question_adapter(embedder, trained.folder).embed_questions(QUESTIONS)
        return 1 - float((before * after).sum(axis=1).mean())

    assert moved(held) < 0.3 * moved(free)


def test_what_a_generator_finds_likely_is_come_near_to(
    make_job: MakeJob, embedder: Embedder
) -> None:
    shares = ((FIRST + 6, 0.9), (FIRST + 7, 0.05), (FIRST + 5, 0.05))
    soft = [pair("Where is it?", soft=shares)]

    trained = run(make_job("one", soft, epochs=60, learning_rate=0.01, anchor=0))

    cosines = (
        with_question_adapter(embedder, trained.folder).embed_question("Where is it?")
        @ embedder.embed_passages(PASSAGES[5:]).T
    )
    share = np.exp(cosines / 0.05) / np.exp(cosines / 0.05).sum()
    assert share == pytest.approx([0.05, 0.9, 0.05], abs=0.05)


def test_a_pair_whose_passages_have_gone_is_left_out(make_job: MakeJob) -> None:
    figures = run(make_job("one", [*PAIRS, pair("Who is gone?", 7)])).figures

    assert (figures["examples"], figures["left_out"]) == (4, 1)


def test_pairs_that_are_all_gone_cannot_train(make_job: MakeJob) -> None:
    job = make_job("one", [pair("Who is gone?", 7)])

    with pytest.raises(TrainingFailed, match="begin the cycle anew"):
        run(job)


def test_without_pairs_there_is_nothing_to_train(make_job: MakeJob) -> None:
    nobody: list[Pair] = []

    with pytest.raises(TrainingFailed, match="begin the cycle anew"):
        run(make_job("one", nobody))


def test_a_job_crosses_to_another_process_as_it_is(make_job: MakeJob) -> None:
    job = replace(make_job("one", rank=4), start_from=Path("before"), seed=7)

    assert RetrieverJob.from_json(json.loads(json.dumps(job.as_json()))) == job
    assert RetrieverJob.from_json(replace(job, start_from=None).as_json()).start_from is None


def test_the_adapter_names_the_model_and_no_place_on_this_machine(make_job: MakeJob) -> None:
    settings = RetrieverTraining(rank=3, alpha=5, soup=1, epochs=1)

    trained = run(replace(make_job("one"), settings=settings))

    config = json.loads((trained.folder / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (3, 5)
    assert not [name for name in config["target_modules"] if "pooler" in name]
