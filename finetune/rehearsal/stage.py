"""Where the loop is played: a data set, an index of its own, who asks what, what is held out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from db import holdout, registry
from db.copies import copy_to
from db.cycles import CycleRecord
from db.engine import open_database
from finetune.cycle import Loop
from finetune.dataset.holdout import HeldOut
from finetune.dataset.near import digest_of
from finetune.datasets import Dataset, DatasetUnusable, LabelledQuestion, load_dataset
from finetune.evaluate import Evaluation, OnProgress, score_all
from finetune.rehearsal.people import Correcting, People
from finetune.releases import Releases
from finetune.request import CycleRequest
from finetune.runs import Step
from finetune.settings import Strategy, TrainingSettings
from finetune.split import Half, half_of
from knowledge.base import Knowledge, build_knowledge
from knowledge.confidence import Calibration
from knowledge.settings import KnowledgeSettings

FEWEST = 20
"""Questions to ask, and held-out ones; with fewer a rehearsal shows nothing."""


@dataclass(frozen=True)
class Stage:
    """A data set on which the loop is played: who asks what, and what is held out."""

    dataset: Dataset
    settings: KnowledgeSettings
    training: TrainingSettings
    calibration: Calibration
    tell: OnProgress
    half: Half = "fit"
    """Which one is asked; the other is held out."""

    @property
    def asked(self) -> list[LabelledQuestion]:
        return [q for q in self.dataset.questions if half_of(q.question) == self.half]

    @property
    def held_out(self) -> list[LabelledQuestion]:
        return [q for q in self.dataset.questions if half_of(q.question) != self.half]

    @contextmanager
    def fresh(self, knowledge: Knowledge) -> Iterator[tuple[Knowledge, Path]]:
        """The same index with nothing asked yet, and a folder; both gone when the block is left."""
        with tempfile.TemporaryDirectory(prefix="lorebot-rehearse-") as name:
            folder = Path(name)
            copy_to(knowledge.database, folder / "rehearse.db")
            database = open_database(f"sqlite:///{folder}/rehearse.db")
            fresh = build_knowledge(
                database,
                knowledge.embedder,
                knowledge.settings,
                calibration=self.calibration,
                adapters=folder / "adapters",
            )
            try:
                self.begin(fresh)
                yield fresh, folder / "training"
            finally:
                fresh.close()
                database.close()

    def turn(self, knowledge: Knowledge, folder: Path, strategy: Strategy) -> CycleRecord:
        """One cycle; what it promotes is live when this returns."""
        releases = Releases(knowledge.database, knowledge)
        # The other half of the questions is held out: all of this one may train.
        loop = Loop(knowledge, self.training, releases, folder, hold_out=False)
        request = CycleRequest(strategy, requested_by="rehearsal", surface="rehearsal")
        record = loop.turn(request, self.show)
        knowledge.live.refresh()
        return record

    def show(self, step: Step) -> None:
        self.tell(step.step, step.done, step.total)

    def people(self, knowledge: Knowledge, believing: Correcting | None = None) -> float:
        """Everybody asks, rates and corrects; the seconds it took."""
        began = perf_counter()
        asked = self.asked
        for done in People(knowledge, self.dataset).ask_all(asked, believing):
            self.tell("people", done, len(asked))
        return perf_counter() - began

    def score(self, knowledge: Knowledge) -> Evaluation:
        """The held-out questions, asked of what is live."""
        began = perf_counter()
        scores = score_all(knowledge, self.held_out, self.tell)
        return Evaluation(scores, perf_counter() - began)

    def begin(self, knowledge: Knowledge) -> None:
        """Make the models as they are live, and put the held-out questions where the gate looks."""
        registry.ensure_live(knowledge.database, knowledge.release_parts())
        knowledge.live.refresh()
        holdout.add(knowledge.database, list(curated(self.held_out, self.dataset)))


def open_stage(
    root: Path,
    settings: KnowledgeSettings,
    training: TrainingSettings,
    from_docs: bool,
    limit: int | None,
    calibration: Calibration,
    progress: OnProgress | None,
) -> Stage:
    dataset = load_dataset(root, from_docs)
    dataset = replace(dataset, questions=dataset.questions[:limit])
    on = training.model_copy(update={"enabled": True, "promote": True})
    tell = progress or (lambda stage, done, total: None)
    stage = Stage(dataset, settings, on, calibration, tell)
    if min(len(stage.asked), len(stage.held_out)) < FEWEST:
        raise DatasetUnusable(
            f"{root} has {len(dataset.questions)} questions, too few to rehearse on: one half is "
            f"asked and the other held out, and each needs {FEWEST}."
        )
    return stage


def curated(questions: Iterable[LabelledQuestion], dataset: Dataset) -> Iterable[HeldOut]:
    """The held-out questions as the gate takes them."""
    texts = {passage.id: passage.text for passage in dataset.passages}
    for question in questions:
        digest = digest_of(question.question)
        yield HeldOut(
            question=question.question,
            answers=question.answers,
            passages=tuple(gold_passages(question, texts)) if question.answerable else (),
            answerable=question.answerable,
            slice="curated" if question.answerable else "abstention",
            cluster=digest,
            digest=digest,
            interaction_id=None,
        )


def gold_passages(
    question: LabelledQuestion, texts: Mapping[str, str]
) -> Iterable[Mapping[str, str]]:
    """By id for ready passages; in a folder, by the gold text on the gold page."""
    ready = [name for name in question.passage_ids if name in texts]
    if ready:
        return [{"path": name, "text": texts[name]} for name in ready]
    golds = question.evidence or question.answers
    return [{"path": path, "text": gold} for path in question.paths for gold in golds]
