"""A whole run: repeatable, resumable, stopped when it goes wrong, and usable in serving."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.examples import TrainingData
from finetune.generator.checkpoints import WHOLE, prepare
from finetune.generator.job import GeneratorJob
from finetune.generator.rows import balanced, choose_method
from finetune.generator.settings import GeneratorTraining, Method
from finetune.generator.train import train_generator
from finetune.runs import Step, Trained, TrainingFailed
from knowledge.generate.local_adapter import with_adapter
from knowledge.generate.local_model import load_model
from knowledge.generate.local_settings import LocalSettings
from tests.finetune.generator.examples import (
    CARDS,
    all_kinds,
    asked,
    judged,
    preference,
    saved,
    sft,
)
from tests.finetune.generator.test_batches import row
from tests.tiny_model import make_tiny_model

METHODS: tuple[Method, ...] = ("sft", "dpo", "kto", "apo")
SETTINGS = GeneratorTraining(
    rank=4, batch_rows=4, epochs=3, checkpoint_steps=2, precision="float32", device="cpu"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def job(model: Path, tmp_path: Path) -> Iterator[GeneratorJob]:
    threads = torch.get_num_threads()
    data = saved(tmp_path / "data")
    yield GeneratorJob(
        data, str(model), tmp_path / "out", tmp_path / "work", SETTINGS, seed=3, threads=1
    )
    torch.set_num_threads(threads)


def changed(job: GeneratorJob, **settings: Any) -> GeneratorJob:
    return replace(job, settings=job.settings.model_copy(update=settings))


def elsewhere(job: GeneratorJob, name: str) -> GeneratorJob:
    return replace(job, out=job.out.with_name(name), work=job.work.with_name(f"{name}-work"))


def run(job: GeneratorJob) -> Trained:
    return train_generator(job, lambda _: None)


def bytes_of(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


class Killed(Exception):
    pass


def break_off(job: GeneratorJob, at: int) -> None:
    def tell(step: Step) -> None:
        if step.done == at:
            raise Killed

    with pytest.raises(Killed):
        train_generator(job, tell)


def test_a_job_goes_through_json(job: GeneratorJob) -> None:
    told = replace(job, start_from=Path("champion"))
    assert GeneratorJob.from_json(json.loads(json.dumps(told.as_json()))) == told
    assert GeneratorJob.from_json(json.loads(json.dumps(job.as_json()))) == job


@pytest.mark.parametrize("method", METHODS)
def test_each_method_lowers_its_loss(job: GeneratorJob, method: Method) -> None:
    trained = run(changed(job, method=method, learning_rate=5e-3, epochs=5))
    assert trained.figures["loss_last"] < 0.98 * trained.figures["loss_first"]
    assert trained.figures["examples"] == len(CARDS)
    assert sorted(path.name for path in trained.folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_the_adapter_serves_and_finds_the_learnt_answer_likelier(job: GeneratorJob) -> None:
    trained = run(changed(job, learning_rate=5e-3, epochs=8))
    base, chat = load_model(LocalSettings(model=job.model), torch.float32)
    adapted = with_adapter(base, trained.folder)
    ids = torch.tensor([[*chat.tokens(asked("green")), *chat.tokenizer("The")["input_ids"]]])
    before, after = (
        torch.log_softmax(one.network(ids[:, :-1]).logits[0, -1], -1)[ids[0, -1]]
        for one in (base, adapted)
    )
    assert after > before + 0.5


def test_two_runs_of_a_seed_are_the_same_to_the_bit(job: GeneratorJob) -> None:
    first, second = run(elsewhere(job, "first")), run(elsewhere(job, "second"))
    other = run(replace(elsewhere(job, "other"), seed=4))
    assert bytes_of(first.folder) == bytes_of(second.folder)
    assert bytes_of(first.folder) != bytes_of(other.folder)


@pytest.mark.parametrize("method", ["sft", "kto"])
def test_a_run_that_was_broken_off_ends_as_if_it_had_not_been(
    job: GeneratorJob, method: Method
) -> None:
    job = changed(job, method=method, accumulate=1)
    whole = run(elsewhere(job, "whole"))
    break_off(job, at=5)
    steps: list[Step] = []
    resumed = train_generator(job, steps.append)
    assert steps[1].done == 5
    assert bytes_of(resumed.folder) == bytes_of(whole.folder)


def test_a_torn_checkpoint_is_passed_over(job: GeneratorJob) -> None:
    break_off(job, at=5)
    shutil.copytree(job.work / "checkpoint-2", job.work / "checkpoint-5")
    (job.work / "checkpoint-5" / WHOLE).unlink()
    found = prepare(job.work, job)
    assert found is not None
    assert found.name == "checkpoint-4"
    assert not (job.work / "checkpoint-5").exists()


@pytest.mark.parametrize("change", ["settings", "seed", "data"])
def test_another_job_does_not_take_up_the_checkpoints(job: GeneratorJob, change: str) -> None:
    break_off(job, at=3)
    saved(job.data, replace(all_kinds(), sft=())) if change == "data" else None
    other = {
        "settings": changed(job, learning_rate=1e-5),
        "seed": replace(job, seed=9),
        "data": job,
    }[change]
    assert prepare(job.work, other) is None


def test_a_loss_that_is_no_number_saves_nothing(job: GeneratorJob) -> None:
    with pytest.raises(TrainingFailed, match=r"nothing was saved: lower .*learning_rate\."):
        run(changed(job, learning_rate=1e30, warmup=0.0, epochs=20))
    assert not job.out.exists()


def test_examples_without_room_are_counted_not_lost(job: GeneratorJob) -> None:
    long = sft("green" * 300)
    saved(job.data, TrainingData(sft=(sft("green"), sft("red"), long)))
    trained = run(changed(job, max_tokens=512))
    assert (trained.figures["examples"], trained.figures["left_out"]) == (2, 1)


def test_going_on_from_a_champion_begins_with_what_it_knows(job: GeneratorJob) -> None:
    champion = run(changed(elsewhere(job, "champion"), learning_rate=5e-3, epochs=8))
    onward = run(replace(elsewhere(job, "onward"), start_from=champion.folder))
    assert onward.figures["loss_first"] < 1.02 * champion.figures["loss_last"]


@pytest.mark.parametrize(("reference", "loss"), [("champion", 0.6931), ("base", None)])
def test_the_reference_is_the_champion_or_the_base(
    job: GeneratorJob, reference: str, loss: float | None
) -> None:
    champion = run(changed(elsewhere(job, "champion"), learning_rate=5e-3, epochs=8))
    onward = replace(job, start_from=champion.folder)
    settings = {"method": "dpo", "reference": reference, "learning_rate": 1e-9, "epochs": 1}
    first = run(changed(onward, **settings)).figures["loss_first"]
    assert (abs(first - 0.6931) < 1e-3) == (loss is not None)


def test_a_champion_of_another_model_is_refused(job: GeneratorJob, tmp_path: Path) -> None:
    champion = run(elsewhere(job, "champion"))
    other = make_tiny_model(tmp_path / "another", hidden=32)
    with pytest.raises(TrainingFailed, match="was made for"):
        run(replace(job, model=str(other), start_from=champion.folder))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target_modules": ("nothing",)}, r"target_modules, or leave it empty"),
        ({"quantize": "4bit"}, r'set training.generator.quantize to "none"\.$'),
        ({"method": "dpo"}, r'set training.generator.method to "auto"\.$'),
        ({"max_tokens": 128}, r"raise training.generator.max_tokens\.$"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(
    job: GeneratorJob, change: dict[str, Any], told: str
) -> None:
    saved(job.data, TrainingData(sft=(sft("green"),)))
    with pytest.raises(TrainingFailed, match=told):
        run(changed(job, **change))


def test_gradient_checkpointing_learns_the_same(job: GeneratorJob) -> None:
    plain = run(elsewhere(job, "plain"))
    saving = run(changed(elsewhere(job, "saving"), gradient_checkpointing=True))
    assert saving.figures["loss_last"] == pytest.approx(plain.figures["loss_last"], rel=1e-4)


def test_passes_that_are_gathered_make_the_step_of_one_large_batch(job: GeneratorJob) -> None:
    together = run(changed(elsewhere(job, "together"), batch_rows=6, accumulate=1, epochs=2))
    apart = run(changed(elsewhere(job, "apart"), batch_rows=1, accumulate=6, epochs=2))
    assert apart.figures["steps"] == together.figures["steps"] == 2
    assert apart.figures["loss_last"] == pytest.approx(together.figures["loss_last"], rel=1e-4)


@pytest.mark.parametrize(
    ("data", "method"),
    [
        (all_kinds(), "sft"),
        (TrainingData(preferences=(preference("red"),), judged=(judged("red", True),)), "dpo"),
        (TrainingData(judged=(judged("red", True), judged("blue", False))), "kto"),
        (TrainingData(judged=(judged("red", False),)), "apo"),
    ],
)
def test_the_method_follows_from_the_data(data: TrainingData, method: Method) -> None:
    assert choose_method("auto", data) == method


def test_no_examples_are_told(job: GeneratorJob) -> None:
    saved(job.data, TrainingData())
    with pytest.raises(TrainingFailed, match="train the retriever alone"):
        run(job)


def test_rare_votes_count_more_but_not_without_end() -> None:
    few = balanced([row(3, liked=True)] * 6 + [row(3, liked=False)] * 3)
    rare = balanced([row(3, liked=True)] * 100 + [row(3, liked=False)])
    assert [one.weight for one in few] == [1.0] * 6 + [2.0] * 3
    assert rare[-1].weight == 4.0
