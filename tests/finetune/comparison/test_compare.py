"""The whole comparison, with a random model: whatever it says, everything is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.comparison.arms import ARMS
from finetune.comparison.compare import Comparison, Conditions, compare
from finetune.datasets import DatasetUnusable
from finetune.generator.settings import GeneratorTraining
from finetune.settings import TrainingSettings
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_settings import LocalSettings
from knowledge.settings import KnowledgeSettings
from tests.finetune.comparison.rooms import NAMES, make_dataset
from tests.tiny_model import make_tiny_model

TRAINING = TrainingSettings(generator=GeneratorTraining(epochs=1, rank=4, batch_rows=16))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeSettings:
    model = make_tiny_model(tmp_path_factory.mktemp("models") / "tiny", context=2048)
    local = LocalSettings(model=str(model), max_new_tokens=16, context_tokens=2048)
    return KnowledgeSettings(generator="local", local=local, top_k=2)


@pytest.fixture(scope="module")
def compared(settings: KnowledgeSettings, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    root = make_dataset(tmp_path_factory.mktemp("data") / "rooms", NAMES)
    return compare(root, settings, TRAINING, Conditions())


@pytest.mark.slow
def test_every_arm_is_measured_on_the_same_questions(compared: Comparison) -> None:
    told = json.loads(json.dumps(compared.as_json()))
    asked = {told["arms"][arm]["questions"] for arm in ARMS}
    assert asked == {told["questions"]["held_out"]}
    assert {told["arms"][arm]["latency_ms"]["median"] > 0 for arm in ARMS} == {True}
    assert len(told["differences"]) == 12


@pytest.mark.slow
def test_training_freshness_and_forgetting_are_told(compared: Comparison) -> None:
    told = compared.as_json()
    assert told["training"]["fine_tuned"]["examples"] == len(compared.lessons.questions)
    assert told["training"]["rag_fine_tuned"]["examples"] == compared.lessons.found
    assert told["training"]["answer_found"] > 0.9
    assert told["training"]["rag_fine_tuned"]["adapter_mb"] > 0
    assert told["taught"]["questions"] == 24
    assert told["freshness"]["facts"] > 10
    assert told["freshness"]["arms"]["base"]["new"] == 0
    nll = told["forgetting"]["fine_tuned"]["nll"]
    assert nll["before"] != nll["after"]
    assert told["recommendation"]["arm"] in ("rag", "rag_fine_tuned")


def test_without_a_language_model_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeUnusable, match=r"needs|set knowledge\.generator .* --sample"):
        compare(tmp_path, KnowledgeSettings(), TRAINING, Conditions())


def test_a_generator_that_must_not_be_trained_is_not(
    tmp_path: Path, settings: KnowledgeSettings
) -> None:
    off = TrainingSettings(generator=GeneratorTraining(enabled=False))
    with pytest.raises(KnowledgeUnusable, match=r"training\.generator\.enabled"):
        compare(tmp_path, settings, off, Conditions())


def test_too_few_questions_are_refused(tmp_path: Path, settings: KnowledgeSettings) -> None:
    root = make_dataset(tmp_path / "few", NAMES[:20])
    with pytest.raises(DatasetUnusable, match="each needs 20"):
        compare(root, settings, TRAINING, Conditions())


def test_what_is_held_out_in_other_words_is_not_learnt(
    tmp_path: Path, settings: KnowledgeSettings
) -> None:
    rooms = [f"maple{number}" for number in range(60)]
    root = make_dataset(tmp_path / "alike", rooms)
    with pytest.raises(DatasetUnusable, match="nearly the same as one that is held out"):
        compare(root, settings, TRAINING, Conditions())
