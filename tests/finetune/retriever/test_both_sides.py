"""On both sides one network learns to read questions and passages, and says so in its weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from finetune.retriever.around import all_around, drawn
from finetune.retriever.corpus import load_corpus
from finetune.retriever.learner import Learner, open_learner
from finetune.retriever.lessons import build_course
from finetune.retriever.passages import Read, parts_of, turned
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.texts import TEXTS, load_texts
from finetune.retriever.train import train_retriever
from finetune.runs import Step, Trained, TrainingFailed
from knowledge.adapters.sides import sides_of, space_of
from knowledge.embed import Embedder
from knowledge.passages import turned as turned_when_indexed
from knowledge.question_adapter import question_network, with_question_adapter
from tests.finetune.retriever.conftest import FIRST, PAIRS, PASSAGES, QUESTIONS, MakeJob, pair

Run = Callable[..., Trained]


@pytest.fixture(autouse=True, scope="module")
def texts(corpus: Path) -> None:
    lines = [json.dumps([FIRST + n, "House rules", text]) for n, text in enumerate(PASSAGES)]
    (corpus / TEXTS).write_text("\n".join(lines) + "\n")


@pytest.fixture
def run(make_job: MakeJob) -> Run:
    def train(name: str, **settings: object) -> Trained:
        job = make_job(name, **{"sides": "both", "near": 1, **settings})
        return train_retriever(job, lambda step: None)

    return train


def adapter(trained: Trained) -> bytes:
    return (trained.folder / "adapter_model.safetensors").read_bytes()


def read_passages(embedder: Embedder, folder: Path) -> np.ndarray[tuple[int, int], np.dtype]:  # type: ignore[type-arg]
    reader = embedder.with_passages(question_network(embedder, folder))
    [heading] = reader.embed_passages(["House rules"])
    return np.array([turned_when_indexed(v, heading) for v in reader.embed_passages(PASSAGES)])


def test_questions_and_passages_come_together(run: Run, embedder: Embedder) -> None:
    trained = run("one", epochs=30, learning_rate=0.01, anchor=0)

    questions = with_question_adapter(embedder, trained.folder).embed_questions(QUESTIONS)
    cosines = questions @ read_passages(embedder, trained.folder).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3]
    plain = embedder.embed_questions(QUESTIONS) @ embedder.embed_passages(PASSAGES).T
    assert plain.argmax(axis=1).tolist() != [0, 1, 2, 3]
    assert trained.figures["loss_last"] < trained.figures["loss_first"]


def test_the_weights_say_which_sides_they_read(run: Run, make_job: MakeJob) -> None:
    both = run("one").folder
    questions = train_retriever(make_job("other"), lambda step: None).folder

    assert (sides_of(both), sides_of(questions)) == ("both", "questions")
    assert space_of(both) is not None
    assert space_of(questions) is None


def test_an_anchor_keeps_passages_where_they_were(run: Run, embedder: Embedder) -> None:
    before = read_passages(embedder, run("none", epochs=1, learning_rate=1e-9).folder)

    def moved(name: str, anchor: float) -> float:
        folder = run(name, epochs=20, learning_rate=0.003, anchor=anchor).folder
        return float(1 - (read_passages(embedder, folder) * before).sum(axis=1).mean())

    assert moved("held", 100) < moved("loose", 0) / 2


def test_two_runs_on_one_thread_make_the_same_bytes(run: Run) -> None:
    assert adapter(run("one")) == adapter(run("two"))


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(run: Run, make_job: MakeJob) -> None:
    job = make_job("killed", sides="both", near=1)

    def kill(step: Step) -> None:
        if step.done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_retriever(job, kill)
    steps: list[int] = []
    again = train_retriever(job, lambda step: steps.append(step.done))

    assert steps[0] == 7
    assert adapter(again) == adapter(run("whole"))


def test_a_loss_that_is_not_a_number_saves_nothing(make_job: MakeJob) -> None:
    job = make_job("one", [pair(QUESTIONS[0], FIRST, weight=float("nan"))], sides="both")

    with pytest.raises(TrainingFailed, match="The loss is not a number"):
        train_retriever(job, lambda step: None)
    assert not job.out.exists()


def test_soft_targets_teach_both_sides_too(run: Run) -> None:
    softened = [pair(QUESTIONS[0], soft=((FIRST, 0.8), (FIRST + 3, 0.2))), *PAIRS[1:]]

    figures = run("one", pairs=softened, epochs=20, learning_rate=0.01, anchor=0).figures

    assert figures["loss_last"] < figures["loss_first"]


def test_without_texts_a_run_says_what_to_do(make_job: MakeJob, corpus: Path) -> None:
    kept = (corpus / TEXTS).read_text()
    (corpus / TEXTS).unlink()
    with pytest.raises(TrainingFailed, match="There are no texts"):
        train_retriever(make_job("one", sides="both"), lambda step: None)
    (corpus / TEXTS).write_text("\n".join(kept.splitlines()[1:]) + "\n")
    with pytest.raises(TrainingFailed, match=f"The text of passage {FIRST} is not there"):
        train_retriever(make_job("two", sides="both"), lambda step: None)
    (corpus / TEXTS).write_text(kept)


@pytest.fixture(scope="module")
def learner(embedder: Embedder) -> Learner:
    learner = open_learner(embedder, RetrieverTraining(rank=4), seed=1)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        [w.normal_(0, 0.1, generator=generator) for w in learner.weights().values()]
    return learner


def gradients(learner: Learner) -> list[torch.Tensor]:
    found = [
        weight.grad.clone() for weight in learner.weights().values() if weight.grad is not None
    ]
    [setattr(weight, "grad", None) for weight in learner.weights().values()]
    return found


def test_reading_twice_gives_the_gradients_of_reading_once(learner: Learner) -> None:
    ids = learner.embedder.tokens(PASSAGES)
    wanted = torch.randn(len(ids), learner.embedder.dimension, generator=torch.manual_seed(2))

    ((learner.encode(ids) @ wanted.T).exp().mean()).backward()  # type: ignore[no-untyped-call]
    once = gradients(learner)
    read = Read(learner, ids)
    ((read.vectors @ wanted.T).exp().mean()).backward()  # type: ignore[no-untyped-call]
    read.learn()
    twice = gradients(learner)

    assert max(float(grad.abs().max()) for grad in once) > 1e-3
    for one, two in zip(once, twice, strict=True):
        torch.testing.assert_close(one, two, rtol=0.05, atol=2e-3)


def test_texts_are_read_together_as_far_as_memory_goes() -> None:
    lengths = [3, 9, 1, 9, 2]

    parts = parts_of([[0] * length for length in lengths], most=18)

    assert sorted(row for part in parts for row in part) == [0, 1, 2, 3, 4]
    assert parts[0] == [1, 3]
    assert [max(lengths[row] for row in part) * len(part) <= 18 for part in parts] == [True] * 2


def test_headings_turn_a_vector_as_when_it_is_indexed() -> None:
    text, heading = torch.nn.functional.normalize(torch.randn(2, 8), dim=1)

    ours = turned(text[None], heading[None])[0]

    theirs = turned_when_indexed(text.numpy(), heading.numpy())
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-3)


def test_a_question_turns_on_what_is_wanted_shown_and_near(
    corpus: Path, embedder: Embedder
) -> None:
    pairs = [pair(QUESTIONS[0], FIRST, FIRST + 1, negatives=(FIRST + 2, FIRST + 3))]
    course = build_course(pairs, load_corpus(corpus), embedder, 1_000)

    [around] = all_around(course, embedder.embed_questions(QUESTIONS[:1]))

    assert (around.wanted, around.shown) == ((0, 1), (2, 3))
    assert sorted(around.near) == [4, 5, 6, 7]
    rows = drawn(around, 2, np.random.default_rng(0))
    assert rows[:2] == [0, 1]
    assert len({*rows} & {2, 3}) == 1
    assert len({*rows} & {4, 5, 6, 7}) == 2


def test_only_the_texts_that_are_asked_for_are_loaded(corpus: Path) -> None:
    told = load_texts(corpus, [FIRST + 1])

    assert [(one.heading, one.text) for one in told.values()] == [("House rules", PASSAGES[1])]
