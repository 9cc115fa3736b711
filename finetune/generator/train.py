"""LoRA training of the language model: examples in, an adapter's folder out."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from finetune.datasets import DatasetUnusable
from finetune.generator.checkpoints import prepare
from finetune.generator.job import GeneratorJob
from finetune.generator.model import Learner, open_learner
from finetune.generator.objective import Objective, with_reference
from finetune.generator.rows import Rows, choose_method, load_examples, rows_of
from finetune.generator.settings import Method
from finetune.generator.trainer import AdapterTrainer, Telling, build_trainer
from finetune.memory import peak_mb
from finetune.runs import OnStep, Step, Trained, TrainingFailed
from knowledge.errors import KnowledgeUnusable

__all__ = ["GeneratorJob", "train_generator"]


def train_generator(job: GeneratorJob, tell: OnStep) -> Trained:
    """Run a job, or take it up where it was broken off.

    Raises TrainingFailed, in which case nothing is saved.
    """
    if job.threads:
        torch.set_num_threads(job.threads)
    try:
        with quiet():
            return run(job, tell)
    except (KnowledgeUnusable, DatasetUnusable) as error:
        raise TrainingFailed(str(error)) from error


def run(job: GeneratorJob, tell: OnStep) -> Trained:
    began = perf_counter()
    tell(Step("load the language model", 0, 1))
    examples = load_examples(job.data)
    method = choose_method(job.settings.method, examples)
    learner = open_learner(job)
    rows = rows_of(examples, method, learner.chat, job.settings, job.seed)
    objective = Objective(method, job.settings.beta)
    batches = list(rows.batches)
    if method != "sft":
        adapted = job.settings.reference == "champion"
        batches = with_reference(batches, learner.network, adapted, learner.autocast())
    told = Telling(tell)
    trainer = build_trainer(job, learner, batches, objective, told)
    checkpoint = prepare(job.work, job)
    outcome = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    save(trainer, learner, job.out)
    return Trained(job.out, figures(rows, method, told, outcome.global_step, began))


def save(trainer: AdapterTrainer, learner: Learner, out: Path) -> None:
    """Written aside first: a folder of that name is a whole adapter."""
    if not trainer.is_world_process_zero():
        return
    check_finite(learner.network)
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    learner.network.save_pretrained(aside, safe_serialization=True)
    (aside / "README.md").unlink(missing_ok=True)
    in_order(aside / "adapter_config.json")
    if out.exists():
        shutil.rmtree(out)
    aside.replace(out)


def in_order(config: Path) -> None:
    """peft writes the layers as a set, in an order that differs from process to process."""
    told = json.loads(config.read_text())
    if isinstance(told["target_modules"], list):
        told["target_modules"].sort()
    config.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


def check_finite(network: Any) -> None:
    learnt = (value for value in network.parameters() if value.requires_grad)
    if not all(bool(torch.isfinite(value).all()) for value in learnt):
        raise TrainingFailed(
            "The last step led to weights that are no numbers, so nothing was saved: lower "
            "training.generator.learning_rate."
        )


def figures(
    rows: Rows, method: Method, told: Telling, steps: int, began: float
) -> dict[str, float]:
    seconds = perf_counter() - began
    return {
        f"method_{method}": 1.0,
        "examples": float(rows.examples),
        "trimmed": float(rows.trimmed),
        "left_out": float(rows.left_out),
        "tokens": float(sum(len(row.ids) for one in rows.batches for row in one.rows)),
        "steps": float(steps),
        "loss_first": told.losses.first,
        "loss_last": told.losses.last,
        "seconds": seconds,
        "peak_mb": peak_mb(),
    }


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # peft still asks transformers by a name that it has given up.
        warnings.simplefilter("ignore", FutureWarning)
        yield
