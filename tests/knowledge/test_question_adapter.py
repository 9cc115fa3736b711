"""An adapter for questions changes what reads them, and nothing else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from finetune.retriever.learner import Learner, open_learner
from finetune.retriever.settings import RetrieverTraining
from knowledge.adapters.dense_weight import dense_weight_of
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.question_adapter import with_question_adapter

QUESTION = "Which card opens the night door?"
TEXTS = ["The night door opens with the green card.", "Cats sleep."]


@pytest.fixture(scope="module")
def learner(embedder: Embedder) -> Learner:
    """Of random weights, which change every vector a little."""
    learner = open_learner(embedder, RetrieverTraining(rank=4, alpha=8), seed=1)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        [w.normal_(0, 0.03, generator=generator) for w in learner.weights().values()]
    return learner


@pytest.fixture(scope="module")
def folder(learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapters") / "questions"
    learner.save(folder)
    return folder


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    copied = tmp_path / "copied"
    copied.mkdir()
    [(copied / path.name).write_bytes(path.read_bytes()) for path in folder.iterdir()]
    return copied


def test_questions_are_read_otherwise(embedder: Embedder, folder: Path) -> None:
    adapted = with_question_adapter(embedder, folder)

    cosine = float(adapted.embed_question(QUESTION) @ embedder.embed_question(QUESTION))

    assert cosine < 0.99
    assert np.linalg.norm(adapted.embed_question(QUESTION)) == pytest.approx(1, abs=1e-4)


def test_passages_keep_their_vectors_to_the_bit(embedder: Embedder, folder: Path) -> None:
    before = embedder.embed_passages(TEXTS)

    after = with_question_adapter(embedder, folder).embed_passages(TEXTS)

    assert after.tobytes() == before.tobytes()


def test_the_embedder_that_it_was_made_from_is_as_before(embedder: Embedder, folder: Path) -> None:
    before = embedder.embed_question(QUESTION)

    with_question_adapter(embedder, folder).embed_question(QUESTION)

    assert embedder.embed_question(QUESTION).tobytes() == before.tobytes()


def test_serving_computes_what_training_saw(
    embedder: Embedder, folder: Path, learner: Learner
) -> None:
    trained = learner.vectors(embedder.tokens([QUESTION]))[0].numpy()

    served = with_question_adapter(embedder, folder).embed_question(QUESTION)

    assert served.tobytes() == trained.tobytes()


def test_the_weights_of_the_model_are_shared(embedder: Embedder, folder: Path) -> None:
    adapted = with_question_adapter(embedder, folder)

    own = {p.data_ptr() for p in embedder.network.parameters()}
    others = [p for p in adapted._asking.parameters() if p.data_ptr() not in own]

    assert own
    assert sum(p.numel() for p in others) < 0.02 * sum(
        p.numel() for p in embedder.network.parameters()
    )


def test_questions_and_passages_take_turns_with_the_base(embedder: Embedder, folder: Path) -> None:
    adapted = with_question_adapter(embedder, folder)

    assert adapted._turns is embedder._turns


def test_threads_with_and_without_the_adapter_do_not_disturb_each_other(
    embedder: Embedder, folder: Path
) -> None:
    adapted = with_question_adapter(embedder, folder)
    alone = [embedder.embed_question(QUESTION), adapted.embed_question(QUESTION)]

    with ThreadPoolExecutor(4) as pool:
        both = [embedder.embed_question, adapted.embed_question] * 10
        found = list(pool.map(lambda embed: embed(QUESTION), both))

    assert np.array_equal(np.stack(found), np.stack(alone * 10))


# peft still asks transformers by a name that it has given up.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_peft_itself_reads_the_adapter(embedder: Embedder, folder: Path, learner: Learner) -> None:
    from peft import PeftModel
    from transformers import AutoModel

    model = AutoModel.from_pretrained(str(embedder.files.folder), local_files_only=True)
    adapted = PeftModel.from_pretrained(model, str(folder)).eval()
    batch = embedder.padded(embedder.tokens([QUESTION]))

    with torch.no_grad():
        vector = embedder.encode(adapted, batch)[0].numpy()

    assert vector == pytest.approx(
        learner.vectors(batch["input_ids"].tolist())[0].numpy(), abs=1e-5
    )


def test_an_adapter_of_another_model_is_refused(embedder: Embedder, copied: Path) -> None:
    config = json.loads((copied / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "intfloat/e5-small"
    (copied / "adapter_config.json").write_text(json.dumps(config))

    with pytest.raises(KnowledgeUnusable, match="was made for intfloat/e5-small"):
        with_question_adapter(embedder, copied)


def test_an_adapter_that_is_cut_off_is_refused(embedder: Embedder, copied: Path) -> None:
    weights = copied / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])

    with pytest.raises(KnowledgeUnusable, match=r"adapter_model\.safetensors"):
        with_question_adapter(embedder, copied)


def test_an_adapter_with_numbers_that_are_not_finite_is_refused(
    embedder: Embedder, copied: Path
) -> None:
    weights = load_file(copied / "adapter_model.safetensors")
    first = sorted(weights)[0]
    save_file({**weights, first: weights[first] * torch.nan}, copied / "adapter_model.safetensors")

    with pytest.raises(KnowledgeUnusable, match="not finite"):
        with_question_adapter(embedder, copied)


def test_an_adapter_of_another_shape_is_refused(embedder: Embedder, copied: Path) -> None:
    weights = load_file(copied / "adapter_model.safetensors")
    first = sorted(weights)[0]
    save_file(
        {**weights, first: weights[first][:, :5].clone()}, copied / "adapter_model.safetensors"
    )

    with pytest.raises(KnowledgeUnusable, match="does not fit the model"):
        with_question_adapter(embedder, copied)


def test_what_meaning_counts_with_it_comes_with_the_weights(
    embedder: Embedder, learner: Learner, tmp_path: Path
) -> None:
    learner.save(tmp_path / "weighed", dense_weight=0.8)

    adapted = with_question_adapter(embedder, tmp_path / "weighed")

    assert adapted.dense_weight == 0.8
    assert embedder.dense_weight is None
    assert adapted.reads_like(adapted.weighing(0.1))
    assert not adapted.reads_like(embedder)


@pytest.mark.parametrize("noted", ["much", "1.5", "-0.1", "nan"])
def test_a_share_that_is_none_is_refused(folder: Path, copied: Path, noted: str) -> None:
    path = copied / "adapter_model.safetensors"
    save_file(load_file(path), path, {"lorebot_dense_weight": noted})

    with pytest.raises(KnowledgeUnusable, match=f"count {noted}, which is no share of 1: roll"):
        dense_weight_of(copied)
