"""Training the language model beside a bare PyTorch and peft loop, and beside TRL's SFTTrainer.

Run: python -m tests.benchmarks.bench_train_generator [LAYERS WIDTH]   (2 128, if not given)

The same model, rows and batches for all three, one after the other in turns, in one process and on
one thread; in processor seconds, so that what else runs on the machine counts little.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import torch

from finetune.generator.batches import Batch, Row, Unit, by_length
from finetune.generator.job import GeneratorJob
from finetune.generator.model import open_learner
from finetune.generator.objective import Objective
from finetune.generator.settings import GeneratorTraining
from finetune.generator.trainer import Telling, build_trainer
from tests.benchmarks.tables import machine, median, print_table
from tests.tiny_model import make_tiny_model

ROWS, BATCH = 64, 8
PROMPT, ANSWER = (120, 220), (20, 60)
VOCABULARY = 4096
"""Token ids; the model is that wide at its head, though its tokenizer knows fewer."""
RATE, ROUNDS = 2e-4, 3


def main(layers: int, width: int) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print(f"Measured on {machine()}; load before: {os.getloadavg()[0]:.1f}.", flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = make_tiny_model(
            Path(home) / "model", layers, width, vocab_size=VOCABULARY, initializer_range=0.02
        )
        for precision in ("float32", "auto"):
            compare(folder, Path(home), precision, f"{layers} layers, width {width}")


def compare(folder: Path, home: Path, precision: Any, size: str) -> None:
    settings = GeneratorTraining(
        rank=8, epochs=1, batch_rows=BATCH, precision=precision, device="cpu", warmup=0.0,
        checkpoint_steps=10_000,
    )  # fmt: skip
    job = GeneratorJob(home, str(folder), home / "out", home / "work", settings)
    batches = by_length(rows(), BATCH, settings.batch_tokens, 0)
    ways: dict[str, Callable[[], float]] = {
        "bare loop (torch + peft)": lambda: bare(job, batches),
        "TRL SFTTrainer": lambda: trl(job, batches),
        "Lorebot": lambda: ours(job, batches),
    }
    rounds = [{name: run() for name, run in ways.items()} for _ in range(ROUNDS)]
    seconds = {name: median([one[name] for one in rounds]) for name in ways}
    tokens = sum(len(row.ids) for batch in batches for row in batch.rows)
    dtype = str(open_learner(job).dtype).removeprefix("torch.")
    print_table(
        f"{size}, {dtype}, {len(batches)} batches of {BATCH}; load after: {os.getloadavg()[0]:.1f}",
        ("", "tokens per processor second", "beside the bare loop", "beside TRL"),
        [
            (name, tokens / took, seconds["bare loop (torch + peft)"] / took,
             seconds["TRL SFTTrainer"] / took)
            for name, took in seconds.items()
        ],
    )  # fmt: skip


def rows() -> list[Unit]:
    chance = random.Random(0)

    def row() -> Row:
        begin = chance.randint(*PROMPT)
        length = begin + chance.randint(*ANSWER)
        return Row(tuple(chance.randrange(4, VOCABULARY) for _ in range(length)), begin)

    return [(row(),) for _ in range(ROWS)]


@contextmanager
def timed(took: list[float]) -> Iterator[None]:
    began = process_time()
    yield
    took.append(process_time() - began)


def labelled(batch: Batch) -> dict[str, torch.Tensor]:
    width = max(len(row.ids) for row in batch.rows)
    ids, mask, labels = (torch.zeros(len(batch.rows), width, dtype=torch.long) for _ in range(3))
    labels -= 100
    for place, row in enumerate(batch.rows):
        ids[place, : len(row.ids)] = torch.tensor(row.ids)
        mask[place, : len(row.ids)] = 1
        labels[place, row.begin : len(row.ids)] = ids[place, row.begin : len(row.ids)]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def bare(job: GeneratorJob, batches: list[Batch]) -> float:
    """What one would write by hand: the model's own loss over all positions, AdamW, clipping."""
    learner = open_learner(job)
    network = learner.network.train()
    learnt = [value for value in network.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=RATE, fused=True)
    took: list[float] = []
    with timed(took):
        for batch in batches:
            with learner.autocast():
                loss = network(**labelled(batch)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            optimizer.zero_grad()
    return took[0]


def ours(job: GeneratorJob, batches: list[Batch]) -> float:
    learner = open_learner(job)
    told = Telling(lambda _: None)
    trainer = build_trainer(job, learner, batches, Objective("sft", 0.1), told)
    took: list[float] = []
    with timed(took):
        trainer.train()
    return took[0]


def trl(job: GeneratorJob, batches: list[Batch]) -> float:
    """With its defaults, but for gradient checkpointing, which it would lose by on this machine."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    learner = open_learner(job)
    base = learner.network.unload()
    config = learner.network.peft_config["default"]
    shown = [row for batch in batches for row in batch.rows]
    data = Dataset.from_dict(
        {
            "input_ids": [list(row.ids) for row in shown],
            "labels": [[-100] * row.begin + list(row.answer) for row in shown],
        }
    )
    args = SFTConfig(
        output_dir=str(job.work), use_cpu=True, bf16=learner.dtype == torch.bfloat16,
        gradient_checkpointing=False, per_device_train_batch_size=BATCH, num_train_epochs=1,
        learning_rate=RATE, report_to=[], disable_tqdm=True, save_strategy="no",
        train_sampling_strategy="sequential", dataset_kwargs={"skip_prepare_dataset": True},
        logging_strategy="no",
    )  # fmt: skip
    trainer = SFTTrainer(
        model=base, args=args, train_dataset=data, peft_config=config,
        processing_class=AutoTokenizer.from_pretrained(job.model),
    )  # fmt: skip
    took: list[float] = []
    with timed(took):
        trainer.train()
    return took[0]


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]] or [2, 128]
    main(*sizes)
