"""Show how far long work is: a bar on a terminal, a plain line now and then everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from bot.learning_views import step_name
from bot.views import STAGES, pace
from finetune.runs import OnStep
from finetune.runs import Step as CycleStep
from knowledge.report import OnProgress
from knowledge.report import Progress as Step

PLAIN_EVERY_S = 5.0

LABELS = {**STAGES, "asking": "Asking questions"}
"""Of what is no step of a cycle."""


class Show(Protocol):
    """Takes the stage, how much of it is done, how much there is, and what else to say of it."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None: ...


def showing(show: Show) -> OnProgress:
    """What shows the steps of a reindex."""

    def tell(step: Step) -> None:
        show(step.stage, step.done, step.total, pace(step) if step.stage == "embedding" else "")

    return tell


def showing_steps(show: Show) -> OnStep:
    """What shows the steps of a cycle."""

    def tell(step: CycleStep) -> None:
        show(step.step, step.done, step.total, step.note)

    return tell


@contextmanager
def open_progress(console: Console | None = None) -> Iterator[Show]:
    """What shows each step it is told of, on stderr."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield Lines(console).show
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=console) as progress:
        yield Bars(progress).show


@dataclass(slots=True)
class Bars:
    """One bar for each stage, in the order in which the stages begin."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def show(self, stage: str, done: int, total: int, note: str = "") -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(label(stage), total=total, note=note)
        self.progress.update(self.tasks[stage], completed=done, total=total, note=note)


@dataclass(slots=True)
class Lines:
    """A line when a stage begins or ends, and in between every five seconds."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    shown_at: dict[str, float] = field(default_factory=dict)

    def show(self, stage: str, done: int, total: int, note: str = "") -> None:
        now = self.clock()
        # Stages take turns: each has its own clock.
        due = stage not in self.shown_at or now - self.shown_at[stage] >= PLAIN_EVERY_S
        if due or done >= total:
            rest = f", {note}" if note else ""
            line = f"{label(stage)}: {done} of {total}{rest}"
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)
            self.shown_at[stage] = now


def label(stage: str) -> str:
    return LABELS.get(stage) or step_name(stage)
