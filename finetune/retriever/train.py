"""Train the retriever, to read questions alone, the passages as they are indexed, or both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import perf_counter

from finetune.dataset.jsonl import load_pairs
from finetune.datasets import DatasetUnusable
from finetune.retriever.around import all_around, by_row
from finetune.retriever.both_sides import BothSides
from finetune.retriever.checkpoint import Checkpoint
from finetune.retriever.corpus import load_corpus
from finetune.retriever.job import RetrieverJob
from finetune.retriever.learner import Learner, open_learner
from finetune.retriever.lessons import Course, build_course
from finetune.retriever.soup import soup
from finetune.retriever.steps import Steps
from finetune.retriever.texts import load_texts
from finetune.runs import OnStep, Step, Trained, TrainingFailed
from knowledge.embed import Embedder, open_embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.model_files import find_embedding_files

__all__ = ["RetrieverJob", "train_retriever"]

STEP = "train"
WORSE = 1.0
"""How far above the loss of guessing a run is that has diverged."""
LOWER = "Lower training.retriever.learning_rate and train again; nothing was saved."


def train_retriever(job: RetrieverJob, tell: OnStep) -> Trained:
    """Leaves an adapter in `job.out`; a job that was ended goes on after its last whole epoch.

    Raises TrainingFailed, with nothing saved, if there is nothing to learn from, a model or a file
    cannot be used, or the loss diverges.
    """
    start = perf_counter()
    try:
        embedder = open_embedder(find_embedding_files(job.model), job.threads)
        pairs, corpus = load_pairs(job.pairs), load_corpus(job.corpus)
        course = build_course(pairs, corpus, embedder, job.settings.corpus)
        runs = [open_run(embedder, course, job, number) for number in range(job.settings.runs)]
    except (DatasetUnusable, KnowledgeUnusable) as error:
        raise TrainingFailed(str(error)) from error
    losses = [take_all(run, among(runs, run, tell)) for run in runs]
    made = soup([run.learner for run in runs])
    made.save(job.out, job.settings.sides, job.dense_weight)
    for run in runs:
        run.checkpoint.remove()
    steps = runs[0].steps
    figures = {
        "loss_first": steps.loss_before,
        "loss_last": fmean(fmean(one[-steps.in_epoch :]) for one in losses),
        "runs": float(len(runs)),
        "steps": float(steps.total * len(runs)),
        "examples": float(len(course.lessons)),
        "left_out": float(course.left_out),
        "passages": float(len(course.passages)),
        "seconds": perf_counter() - start,
        "peak_mb": peak_mb(),
    }
    if job.dense_weight is not None:
        figures["dense_weight"] = job.dense_weight
    return Trained(job.out, figures)


@dataclass(frozen=True, slots=True)
class Run:
    """One of those that are averaged, with a seed of its own."""

    number: int
    learner: Learner
    steps: Steps
    checkpoint: Checkpoint


def open_run(embedder: Embedder, course: Course, job: RetrieverJob, number: int) -> Run:
    """Raises KnowledgeUnusable, TrainingFailed."""
    seed = job.seed + number
    learner = open_learner(embedder, job.settings, seed, job.start_from)
    if job.settings.sides == "both":
        steps: Steps = both_sides(learner, course, job, seed)
    else:
        steps = Steps(learner, course, job.settings, seed)
    checkpoint = Checkpoint.of(replace(job, seed=seed), embedder.files.sha256)
    return Run(number, learner, steps, checkpoint)


def among(runs: Sequence[Run], run: Run, tell: OnStep) -> OnStep:
    """Steps of one run as steps of all."""

    def told(step: Step) -> None:
        tell(replace(step, done=run.number * step.total + step.done, total=len(runs) * step.total))

    return told


def both_sides(learner: Learner, course: Course, job: RetrieverJob, seed: int) -> BothSides:
    around = all_around(course, learner.vectors([lesson.ids for lesson in course.lessons]).numpy())
    rows = sorted({row for one in around for row in one.rows})
    told = load_texts(job.corpus, course.ids[rows].tolist())
    return BothSides(learner, course, job.settings, seed, around, by_row(course, rows, told))


def take_all(run: Run, tell: OnStep) -> list[float]:
    """The loss of each step, those before a checkpoint included."""
    steps, checkpoint = run.steps, run.checkpoint
    losses: list[float] = []
    state = checkpoint.load()
    if state is not None:
        steps.restore(state)
        losses = list(state["losses"])
    begun, since = len(losses), perf_counter()
    for step in range(begun, steps.total):
        losses.append(steps.take(step))
        if why := diverged(losses, steps):
            # Whoever goes on from there diverges again.
            checkpoint.remove()
            raise TrainingFailed(f"{why} {LOWER}")
        left = (perf_counter() - since) / (step + 1 - begun) * (steps.total - step - 1)
        tell(Step(STEP, step + 1, steps.total, f"loss {losses[-1]:.2f}, {spoken(left)}"))
        if (step + 1) % steps.in_epoch == 0:
            checkpoint.save({**steps.state(), "losses": losses})
    return losses


def diverged(losses: list[float], steps: Steps) -> str | None:
    """What is wrong with the latest loss; a batch may be hard, but not all of an epoch."""
    if not math.isfinite(losses[-1]):
        return f"The loss is not a number after step {len(losses)}."
    mean, first = fmean(losses[-steps.in_epoch :]), steps.loss_before
    if len(losses) % steps.in_epoch == 0 and mean > max(steps.guessing, first) + WORSE:
        return f"The loss has risen from {first:.2f} to {mean:.2f}."
    return None


def spoken(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


def peak_mb() -> float:
    """Not ru_maxrss, which on Linux begins with the parent's; 0 where there is no /proc."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((float(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM")), 0.0)
