"""transformers' Trainer with our objectives, our batches, and word of how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from finetune.generator.batches import Batch
from finetune.generator.checkpoints import WHOLE
from finetune.generator.divergence import LossWatch
from finetune.generator.job import GeneratorJob
from finetune.generator.logprobs import Policy
from finetune.generator.model import Learner
from finetune.generator.objective import Objective, collate
from finetune.runs import OnStep, Step


class AdapterTrainer(Trainer):
    """Trains on whole batches, one at a time; a step's loss is the mean over all its batches."""

    loss_is_scaled_for_ga = True

    def __init__(self, objective: Objective, learner: Learner, **given: Any) -> None:
        super().__init__(model=learner.network, data_collator=collate, **given)
        self.objective: Objective = objective
        self.head: torch.nn.Module = learner.network.get_output_embeddings()
        for quiet in (PrinterCallback, ProgressCallback):
            self.remove_callback(quiet)

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Tensor | None]:
        batches = list(islice(epoch_iterator, num_batches))
        sizes = [self.objective.size(one).to(device) for one in batches]
        if not sizes:
            return batches, None
        return batches, self.accelerator.gather(torch.stack(sizes).sum()).sum()

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        size = self.objective.size(inputs) if num_items_in_batch is None else num_items_in_batch
        # Gradients are averaged over processes; together they are to be the mean over the step.
        total = self.objective.loss(Policy(model, self.head), inputs)
        loss: Tensor = total / size * self.accelerator.num_processes
        return loss


class Telling(TrainerCallback):
    """Watches the loss, and tells each step with what is left."""

    def __init__(self, tell: OnStep) -> None:
        self.losses = LossWatch()
        self._tell = tell
        self._began = 0.0
        self._from = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began, self._from = time.monotonic(), state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if "loss" not in logs:
            return
        self.losses.add(logs["loss"])
        done, total = state.global_step, state.max_steps
        pace = (time.monotonic() - self._began) / max(done - self._from, 1)
        note = f"loss {logs['loss']:.3g}, {left(pace * (total - done))}"
        self._tell(Step("train the generator", done, total, note))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE).touch()


def left(seconds: float) -> str:
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"


def build_trainer(
    job: GeneratorJob, learner: Learner, batches: list[Batch], objective: Objective, told: Telling
) -> AdapterTrainer:
    return AdapterTrainer(
        objective,
        learner,
        args=arguments(job, learner, len(batches), objective),
        train_dataset=batches,
        callbacks=[told],
    )


def arguments(
    job: GeneratorJob, learner: Learner, batches: int, objective: Objective
) -> TrainingArguments:
    settings = job.settings
    steps = -(-batches // settings.accumulate) * settings.epochs
    made = TrainingArguments(
        output_dir=str(job.work),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=settings.epochs,
        learning_rate=settings.rate(objective.method),
        warmup_steps=round(steps * settings.warmup),
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        seed=job.seed,
        bf16=learner.dtype == torch.bfloat16,
        fp16=learner.dtype == torch.float16,
        use_cpu=learner.device.type == "cpu",
        gradient_checkpointing=settings.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        save_steps=settings.checkpoint_steps,
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        dataloader_pin_memory=learner.device.type == "cuda",
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
    )
    # Several GPUs are several processes; in one process peft's copies would not be in step.
    made._n_gpu = min(made.n_gpu, 1)
    return made
