"""The losses, against TRL's on the same batch: the loss and every gradient, to five digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from torch import Tensor

from finetune.generator.batches import Batch, Row, with_others
from finetune.generator.job import GeneratorJob
from finetune.generator.logprobs import Policy, Tokens, only, side_by_side
from finetune.generator.losses import Votes, kto_loss
from finetune.generator.model import open_learner
from finetune.generator.objective import Objective, collate, with_reference
from finetune.generator.settings import GeneratorTraining, Method
from tests.tiny_model import make_tiny_model

# peft and TRL still use names that transformers and torch have given up.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

ROWS = (
    Row((5, 9, 40, 41, 42, 43, 77, 2), 3, liked=True),
    Row((5, 60, 61, 62, 63, 64, 65, 66, 67, 68, 99, 2), 7, liked=False),
    Row((5, 30, 31, 88, 89, 2), 2, liked=True),
    Row((5, 33, 34, 35, 36, 37, 38, 101, 102, 103, 104, 2), 6, liked=False),
)
BETA = 0.4
SHAPES: dict[str, dict[str, Any]] = {
    "sft": {"prompt": ["a"], "completion": ["b"]},
    "dpo": {"prompt": ["a"], "chosen": ["b"], "rejected": ["c"]},
    "kto": {"prompt": ["a", "b"], "completion": ["b", "c"], "label": [True, False]},
}


@dataclass(frozen=True)
class Outcome:
    loss: float
    gradients: Tensor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny", context=64)


@pytest.fixture
def network(folder: Path, tmp_path: Path) -> Any:
    """A model whose adapter is not the zero that training begins with."""
    settings = GeneratorTraining(precision="float32", device="cpu", rank=4)
    network = open_learner(GeneratorJob(folder, str(folder), tmp_path, tmp_path, settings)).network
    # With this seed the drift from the reference is above zero, under which KTO does not look.
    torch.manual_seed(14)
    with torch.no_grad():
        for weights in learnt(network):
            weights.normal_(std=0.2)
    return network


def learnt(network: Any) -> list[Tensor]:
    return [value for value in network.parameters() if value.requires_grad]


def outcome(network: Any, loss: Tensor) -> Outcome:
    gradients = torch.autograd.grad(loss, learnt(network))
    return Outcome(loss.item(), torch.cat([one.flatten() for one in gradients]))


def ours(network: Any, method: Method, batch: Batch) -> Outcome:
    objective = Objective(method, BETA)
    tensors = collate(with_reference([batch], network, False, torch.autocast("cpu", enabled=False)))
    policy = Policy(network, network.get_output_embeddings())
    return outcome(network, objective.loss(policy, tensors) / objective.size(tensors))


@pytest.fixture
def trl(folder: Path, network: Any, tmp_path: Path) -> Callable[..., Outcome]:
    """TRL's trainers, with the same weights in their adapter and the base as the reference."""
    import trl as package
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def run(kind: str, batch: Mapping[str, Tensor], **config: Any) -> Outcome:
        name = kind.upper()
        args = getattr(package, f"{name}Config")(
            output_dir=str(tmp_path / "trl"),
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            per_device_train_batch_size=2,
            report_to=[],
            **config,
        )
        trainer = getattr(package, f"{name}Trainer")(
            model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
            args=args,
            train_dataset=Dataset.from_dict(SHAPES[kind]),
            processing_class=AutoTokenizer.from_pretrained(folder),
            peft_config=network.peft_config["default"],
        )
        trainer.model.load_state_dict(network.state_dict())
        trainer.model.train()
        return outcome(trainer.model, trainer.compute_loss(trainer.model, dict(batch)))

    return run


def as_trl(tokens: Tokens, begin: str = "") -> dict[str, Tensor]:
    answer = torch.roll(tokens.answer, 1, dims=1).long()
    return {
        f"{begin}input_ids": tokens.ids,
        f"{begin}attention_mask": (tokens.ids > 0).long(),
        f"{begin}completion_mask": answer,
    }


def assert_alike(found: Outcome, wanted: Outcome) -> None:
    assert found.loss == pytest.approx(wanted.loss, rel=1e-5)
    assert wanted.gradients.norm() > 0.01
    assert (found.gradients - wanted.gradients).norm() < 1e-5 * wanted.gradients.norm()


def test_learning_right_answers_is_what_trl_does(network: Any, trl: Any) -> None:
    tokens = side_by_side(ROWS)
    shown = as_trl(tokens)
    shown["labels"] = tokens.ids.masked_fill(shown.pop("completion_mask") == 0, -100)
    assert_alike(ours(network, "sft", Batch(ROWS)), trl("sft", shown))


def test_learning_from_pairs_is_what_trl_does(network: Any, trl: Any) -> None:
    wanted = trl("dpo", as_trl(side_by_side(ROWS)), beta=BETA)
    assert_alike(ours(network, "dpo", Batch(ROWS)), wanted)


def test_learning_from_votes_is_what_trl_does(network: Any, trl: Any) -> None:
    batch = with_others(Batch(ROWS), 64)
    shown = as_trl(side_by_side(batch.rows)) | as_trl(side_by_side(batch.others), "KL_")
    shown["label"] = torch.tensor([row.liked for row in ROWS])
    found = ours(network, "kto", batch)
    assert_alike(found, trl("kto", shown, beta=BETA))
    assert found.loss != pytest.approx(ours(network, "apo", batch).loss)


def test_learning_from_votes_of_one_kind_is_what_trl_does(network: Any, trl: Any) -> None:
    shown = as_trl(side_by_side(ROWS)) | {"label": torch.tensor([row.liked for row in ROWS])}
    wanted = trl("kto", shown, beta=BETA, loss_type="apo_zero_unpaired")
    assert_alike(ours(network, "apo", Batch(ROWS)), wanted)


def test_the_drift_from_the_reference_moves_the_loss_of_votes() -> None:
    votes = Votes(torch.tensor([True, True]), torch.ones(2))
    near, far = (
        kto_loss(torch.zeros(2), torch.zeros(2), torch.tensor(drift), votes, 1.0)
        for drift in (0.0, 2.0)
    )
    assert far > near + 0.5


def test_the_head_runs_on_the_answers_alone(network: Any) -> None:
    tokens = side_by_side(ROWS)
    head = network.get_output_embeddings()
    with only(head, tokens.answer), torch.no_grad():
        few = network(input_ids=tokens.ids).logits
    whole = network(input_ids=tokens.ids).logits
    assert few.shape == (sum(len(row.answer) for row in ROWS), whole.shape[-1])
    torch.testing.assert_close(few, whole[tokens.answer])


def test_a_row_is_as_likely_beside_longer_ones_as_alone(network: Any) -> None:
    policy = Policy(network, network.get_output_embeddings())
    together = policy.logps(side_by_side(ROWS))
    alone = torch.cat([policy.logps(side_by_side([row])) for row in ROWS])
    torch.testing.assert_close(together, alone)
