"""Several runs with other seeds make one adapter, which is their average."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from finetune.retriever.learner import Learner, open_learner
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.soup import soup
from finetune.retriever.train import train_retriever
from finetune.runs import Step
from knowledge.embed import Embedder
from knowledge.question_adapter import with_question_adapter

from .conftest import MakeJob


def learnt(embedder: Embedder, seed: int) -> Learner:
    """Random weights in place of learnt ones."""
    learner = open_learner(embedder, RetrieverTraining(rank=4), seed)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        [w.normal_(0, 0.1, generator=random) for w in learner.weights().values()]
    return learner


def added(learner: Learner) -> list[torch.Tensor]:
    """What the adapter adds to each layer's weights."""
    layers = [m for m in learner.network.modules() if hasattr(m, "get_delta_weight")]
    return [layer.get_delta_weight("default").detach() for layer in layers]


def test_it_adds_the_mean_of_what_they_add(embedder: Embedder) -> None:
    learners = [learnt(embedder, seed) for seed in (1, 2, 3)]

    made = added(soup(learners))

    wanted = [torch.stack(each).mean(0) for each in zip(*map(added, learners), strict=True)]
    assert len(made) == 12
    assert [*map(torch.allclose, made, wanted, [0] * 12, [1e-6] * 12)] == [True] * 12


def test_one_run_is_its_own_average(embedder: Embedder) -> None:
    learner = learnt(embedder, 1)

    assert soup([learner]) is learner


def test_a_job_makes_it_of_so_many_seeds(make_job: MakeJob) -> None:
    told: list[Step] = []

    trained = train_retriever(make_job("three", soup=3, rank=2), told.append)

    config = (trained.folder / "adapter_config.json").read_text()
    assert '"r": 6' in config
    assert trained.figures["runs"] == 3
    assert [step.done for step in told] == list(range(1, 49))
    assert {step.total for step in told} == {48}


@pytest.mark.parametrize("steps", [3, 17, 41])
def test_a_job_that_was_killed_goes_on_in_the_run_that_it_was_in(
    make_job: MakeJob, steps: int
) -> None:
    whole = train_retriever(make_job("whole", soup=3), lambda step: None)
    broken, told = make_job("broken", soup=3), list[Step]()

    def kill(step: Step) -> None:
        if step.done == steps:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train_retriever(broken, kill)
    went_on = train_retriever(broken, told.append)

    weights = [folder / "adapter_model.safetensors" for folder in (whole.folder, went_on.folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert told[0].done == steps // 2 * 2 + 1
    assert list(broken.work.iterdir()) == []


def test_another_share_of_meaning_does_not_begin_anew(make_job: MakeJob) -> None:
    job, told = make_job("one"), list[Step]()

    def kill(step: Step) -> None:
        if step.done == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train_retriever(job, kill)
    train_retriever(replace(job, dense_weight=0.7), told.append)

    assert told[0].done == 5


def test_what_meaning_is_to_count_comes_with_the_adapter(
    make_job: MakeJob, embedder: Embedder
) -> None:
    told = replace(make_job("told"), dense_weight=0.8)
    plain = train_retriever(make_job("plain"), lambda step: None)

    trained = train_retriever(told, lambda step: None)

    assert with_question_adapter(embedder, trained.folder).dense_weight == 0.8
    assert with_question_adapter(embedder, plain.folder).dense_weight is None
