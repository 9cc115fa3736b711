"""Where adapters are made: from examples, in a process of its own, in a folder for each run."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from finetune.dataset.jsonl import PAIRS, fingerprint, save
from finetune.examples import Pair, TrainingData
from finetune.generator.job import GeneratorJob
from finetune.process import Cancelled, Limits, train_in_process
from finetune.retriever.corpus import save_corpus
from finetune.retriever.job import RetrieverJob
from finetune.retriever.texts import save_texts
from finetune.runs import OnStep, Step, Trained, TrainingFailed
from finetune.settings import TrainingSettings
from finetune.weigh import Fold, folds, weigh
from knowledge.answering import Answerer
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.mirror import MIRRORED
from knowledge.question_adapter import with_question_adapter

MOST_RUNS = 6
"""Folders of training runs that are kept, the newest."""
NAME = 16
"""Characters of a fingerprint that tell runs apart."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a strategy has made; None where it changes nothing."""

    retriever: Trained | None = None
    generator: Trained | None = None

    def __bool__(self) -> bool:
        return self.retriever is not None or self.generator is not None

    @property
    def folders(self) -> tuple[Path | None, Path | None]:
        return (
            None if self.retriever is None else self.retriever.folder,
            None if self.generator is None else self.generator.folder,
        )


@dataclass(frozen=True)
class Workshop:
    """Trains from the models that serve; what it makes is served by nobody yet.

    A run that was broken off goes on from its checkpoint when the same data comes again.
    """

    knowledge: Knowledge
    settings: TrainingSettings
    folder: Path
    tell: OnStep
    stopping: threading.Event | None = None
    champion: tuple[Path | None, Path | None] = (None, None)
    """The folders of the retriever's and the generator's adapter that are live."""

    def tune_retriever(self, data: TrainingData) -> Trained | None:
        """None where there is nothing to learn from, or it is switched off.

        Raises TrainingFailed, Cancelled.
        """
        if not data.pairs or not self.settings.retriever.enabled:
            return None
        both = self.settings.retriever.sides == "both"
        if both and self.knowledge.mirror is not None:
            raise TrainingFailed(MIRRORED)
        folder = self.begin("retriever", TrainingData(pairs=data.pairs))
        save_corpus(self.knowledge.database, folder / "corpus")
        if both:
            save_texts(self.knowledge.database, folder / "corpus")
        job = RetrieverJob(
            pairs=folder / "data" / PAIRS,
            corpus=folder / "corpus",
            model=self.knowledge.settings.embedding_model,
            out=folder / "adapter",
            work=folder / "work",
            settings=self.settings.retriever,
            seed=self.settings.seed,
            threads=self.settings.threads,
        )
        weight = self.dense_weight(data.pairs, job)
        return self.run("retriever", replace(job, dense_weight=weight).as_json())

    def dense_weight(self, pairs: Sequence[Pair], job: RetrieverJob) -> float | None:
        """How much meaning is to count; None for as much as is set. Raises TrainingFailed,
        Cancelled."""
        by_meaning = self.knowledge.settings.dense_weight > 0
        if not (by_meaning and self.settings.retriever.weigh):
            return None
        read = [
            Fold(asked, self.having_learnt(learnt, f"fold-{number}", job))
            for number, (learnt, asked) in enumerate(folds(pairs))
        ]
        return weigh(read, self.knowledge, self.heard) if read else None

    def having_learnt(self, pairs: Sequence[Pair], name: str, job: RetrieverJob) -> Embedder:
        """The embedder after a quick run on these pairs, on the side of the questions."""
        folder = job.work / name
        save(TrainingData(pairs=tuple(pairs)), folder)
        quick = job.settings.model_copy(update={"sides": "questions", "soup": 1})
        own = replace(
            job, pairs=folder / PAIRS, out=folder / "adapter", work=folder / "work", settings=quick
        )
        trained = self.run("retriever", own.as_json())
        return with_question_adapter(self.knowledge.embedder, trained.folder)

    def tune_generator(self, data: TrainingData) -> Trained | None:
        """None where no language model answers, besides. Raises TrainingFailed, Cancelled."""
        mine = TrainingData(sft=data.sft, preferences=data.preferences, judged=data.judged)
        if not len(mine) or not self.trains_generator:
            return None
        folder = self.begin("generator", mine)
        job = GeneratorJob(
            data=folder / "data",
            model=self.knowledge.settings.local.model,
            out=folder / "adapter",
            work=folder / "work",
            settings=self.settings.generator,
            seed=self.settings.seed,
            threads=self.settings.threads,
            # All right answers come again each time: they are learnt by the model as it is. Votes
            # are about what is live.
            start_from=None if data.sft else self.champion[1],
        )
        return self.run("generator", job.as_json())

    @property
    def trains_generator(self) -> bool:
        """A model that a server runs is trained from its files, which knowledge.local names."""
        chosen = self.knowledge.settings
        return (
            self.settings.generator.enabled
            and chosen.generator != "quotes"
            and bool(chosen.local.model)
        )

    @contextmanager
    def answering(self, made: Made) -> Iterator[Answerer]:
        """An answerer with what was made; where nothing was, with what is live.

        What reads passages has read all of them before. Raises KnowledgeUnusable, Cancelled.
        """
        retriever, generator = made.folders
        live_retriever, live_generator = self.champion
        if retriever is not None:
            self.knowledge.shadow.complete(retriever, done=self.reading)
        with self.knowledge.with_adapters(
            retriever or live_retriever, generator or live_generator
        ) as answerer:
            yield answerer

    def reading(self, done: int, total: int) -> None:
        """Raises Cancelled."""
        self.heard(Step("shadow", done, total, "reading all passages anew"))

    def heard(self, step: Step) -> None:
        """Tell of a step. Raises Cancelled if somebody wants the cycle to end."""
        self.tell(step)
        if self.stopping is not None and self.stopping.is_set():
            raise Cancelled

    def begin(self, kind: str, data: TrainingData) -> Path:
        """The run's folder, named after the data and the settings, with the data in it."""
        told = f"{fingerprint(data)} {self.settings.model_dump_json()} {self.champion}"
        folder = self.folder / f"{kind}-{hashlib.sha256(told.encode()).hexdigest()[:NAME]}"
        shutil.rmtree(folder / "adapter", ignore_errors=True)
        save(data, folder / "data")
        return folder

    def run(self, kind: str, job: dict[str, object]) -> Trained:
        chosen = self.settings
        limits = Limits(chosen.minutes, chosen.memory_mb, chosen.niceness)
        return train_in_process(kind, job, limits, self.tell, self.stopping)


def examples_of(folder: Path, cycle_id: int) -> Path:
    """Where a cycle keeps its examples, below the folder of all cycles."""
    return folder / f"cycle-{cycle_id}" / "data"


def sweep(runs: Path) -> None:
    """Remove the folders of all but the latest runs."""
    if not runs.is_dir():
        return
    folders: list[Path] = sorted(runs.iterdir(), key=modified, reverse=True)
    for folder in folders[MOST_RUNS:]:
        shutil.rmtree(folder, ignore_errors=True)


def modified(path: Path) -> float:
    return path.stat().st_mtime
