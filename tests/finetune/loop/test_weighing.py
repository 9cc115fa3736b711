"""Quick runs on parts of the questions tell how much meaning is to count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from finetune import workshop as place
from finetune.examples import Pair, Provenance, TrainingData
from finetune.process import Limits
from finetune.retriever.job import RetrieverJob
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.train import train_retriever
from finetune.runs import OnStep, Trained
from finetune.settings import TrainingSettings
from finetune.weigh import LEAST, PARTS, Fold
from finetune.workshop import Workshop
from knowledge.base import Knowledge
from knowledge.question_adapter import with_question_adapter

from .conftest import Team

LEARNT = 0.8


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[RetrieverJob]:
    """The runs, which are made in this process."""
    made: list[RetrieverJob] = []

    def train(
        kind: str, job: dict[str, Any], limits: Limits, tell: OnStep, stopping: object
    ) -> Trained:
        made.append(RetrieverJob.from_json(job))
        return train_retriever(made[-1], tell)

    monkeypatch.setattr(place, "train_in_process", train)
    return made


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[Fold]:
    """What the share is told by; it is always the same."""
    told: list[Fold] = []

    def weigh(read: Sequence[Fold], knowledge: Knowledge, tell: OnStep) -> float:
        told.extend(read)
        return LEARNT

    monkeypatch.setattr(place, "weigh", weigh)
    return told


def tuned(team: Team, folder: Path, count: int, **settings: Any) -> Trained:
    passage = team.knowledge.retriever.find("What is it?").passages[0].passage_id
    said = Provenance("rating", None, ("U1",), "?")
    pairs = [Pair(f"What is number {n}?", (passage,), (), said) for n in range(count)]
    chosen = TrainingSettings(retriever=RetrieverTraining(epochs=1, soup=2, **settings), threads=1)
    trained = Workshop(team.knowledge, chosen, folder, lambda step: None).tune_retriever(
        TrainingData(pairs=tuple(pairs))
    )
    assert trained is not None
    return trained


def test_the_share_goes_into_the_adapter(
    team: Team, tmp_path: Path, jobs: list[RetrieverJob], weighed: list[Fold]
) -> None:
    trained = tuned(team, tmp_path, LEAST)

    assert with_question_adapter(team.knowledge.embedder, trained.folder).dense_weight == LEARNT
    assert trained.figures["dense_weight"] == LEARNT
    assert [job.settings.soup for job in jobs] == [*[1] * len(weighed), 2]


def test_every_part_is_read_by_what_has_learnt_the_others(
    team: Team, tmp_path: Path, jobs: list[RetrieverJob], weighed: list[Fold]
) -> None:
    tuned(team, tmp_path, LEAST)

    learnt = [job.pairs.read_text().splitlines() for job in jobs[:-1]]
    kept = [{pair.question for pair in fold.pairs} for fold in weighed]
    assert {len(each) for each in learnt} == {LEAST - LEAST // PARTS}
    assert {len(each) for each in kept} == {LEAST // PARTS}
    seen = [
        [line for line in lines if any(f'"{question}"' in line for question in questions)]
        for lines, questions in zip(learnt, kept, strict=True)
    ]
    assert seen == [[]] * len(weighed)


def test_few_questions_and_the_setting_leave_it_as_it_is(
    team: Team, tmp_path: Path, jobs: list[RetrieverJob], weighed: list[Fold]
) -> None:
    few = tuned(team, tmp_path / "few", LEAST - 1)
    off = tuned(team, tmp_path / "off", LEAST, weigh=False)

    assert [len(jobs), weighed] == [2, []]
    assert "dense_weight" not in {*few.figures, *off.figures}
