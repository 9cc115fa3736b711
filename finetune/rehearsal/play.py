"""Play the loop: people ask and correct, cycles run, and the held-out questions are scored."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from db import holdout, registry
from db.copies import copy_to
from db.cycles import CycleRecord
from db.engine import open_database
from finetune.bootstrap import Paired, interval
from finetune.cycle import Loop
from finetune.dataset.holdout import HeldOut
from finetune.dataset.near import digest_of
from finetune.datasets import Dataset, DatasetUnusable, LabelledQuestion, load_dataset
from finetune.evaluate import DEPTH, Evaluation, OnProgress, Score, indexed, score_all
from finetune.rehearsal.people import Correcting, People
from finetune.releases import Releases
from finetune.request import CycleRequest
from finetune.runs import Step
from finetune.scorers import reciprocal_rank
from finetune.settings import Strategy, TrainingSettings
from finetune.split import Half, half_of
from knowledge.base import Knowledge, build_knowledge
from knowledge.confidence import DEFAULT, Calibration
from knowledge.settings import KnowledgeSettings

FEWEST = 20
"""Questions to ask, and held-out ones; with fewer a rehearsal shows nothing."""
POISONED = 100
"""Votes of the one who means ill."""
ALPHA = 0.025
"""Of each bound: together they are those of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Played:
    """One cycle: what came of it, and the held-out questions after it."""

    record: CycleRecord
    after: Evaluation
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    questions: int
    """That people asked; the others are held out."""
    before: Evaluation
    cycles: tuple[Played, ...]
    controls: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "questions": {"asked": self.questions, "held_out": len(self.before.scores)},
            "before": self.before.as_json(),
            "cycles": [self.cycle_json(played) for played in self.cycles],
            "controls": dict(self.controls),
        }

    def cycle_json(self, played: Played) -> dict[str, Any]:
        record = played.record
        return {
            "strategy": record.strategy,
            "verdict": record.status,
            "reason": record.reason,
            "after": played.after.as_json(),
            "delta": {"mrr@10": delta(self.before.scores, played.after.scores)},
            "seconds": dict(played.seconds),
        }


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

    def begin(self, knowledge: Knowledge) -> None:
        """Make the models as they are live, and put the held-out questions where the gate looks."""
        registry.ensure_live(knowledge.database, knowledge.release_parts())
        knowledge.live.refresh()
        holdout.add(knowledge.database, list(curated(self.held_out, self.dataset)))


def rehearse(
    root: Path,
    settings: KnowledgeSettings,
    training: TrainingSettings,
    *,
    cycles: int = 1,
    strategy: Strategy = "staged",
    half: Half = "fit",
    from_docs: bool = False,
    limit: int | None = None,
    calibration: Calibration = DEFAULT,
    controls: bool = True,
    progress: OnProgress | None = None,
) -> Rehearsal:
    """Play `cycles` turns of the loop on the data set in `root`, in a place of its own.

    This half of its questions is asked by simulated people, the other is held out, by the hash of
    the question. Raises DatasetUnusable, KnowledgeUnusable.
    """
    stage = open_stage(root, settings, training, from_docs, limit, calibration, progress)
    stage = replace(stage, half=half)
    with indexed(stage.dataset, settings, stage.tell, calibration) as knowledge:
        with stage.fresh(knowledge) as (fresh, folder):
            before = evaluated(fresh, stage)
            played = tuple(play(stage, fresh, folder, strategy) for _ in range(cycles))
        told: dict[str, Any] = {}
        if controls:
            told["shuffled"] = shuffled(stage, knowledge, strategy, training.seed)
            told["poisoner"] = poisoner(stage, knowledge, strategy, played[0].after)
    return Rehearsal(len(stage.asked), before, played, told)


def play(stage: Stage, knowledge: Knowledge, folder: Path, strategy: Strategy) -> Played:
    """People ask, a cycle runs, and the held-out questions are scored with what is live then."""
    asking = stage.people(knowledge)
    record = stage.turn(knowledge, folder, strategy)
    after = evaluated(knowledge, stage)
    spent = (record.report or {}).get("seconds", {})
    seconds = {"people": round(asking, 2), **spent, "score": round(after.seconds, 2)}
    return Played(record, after, seconds)


def shuffled(stage: Stage, knowledge: Knowledge, strategy: Strategy, seed: int) -> dict[str, Any]:
    """A control: everybody believes that another question's answer is right. The gate must see
    that nothing was learnt."""
    asked = stage.asked
    order = list(range(len(asked)))
    random.Random(seed).shuffle(order)
    # Each one's successor in a random order: nobody believes what is right.
    wrong = {asked[a].id: asked[b] for a, b in zip(order, [*order[1:], order[0]], strict=True)}
    with stage.fresh(knowledge) as (fresh, folder):
        stage.people(fresh, lambda question: wrong[question.id])
        record = stage.turn(fresh, folder, strategy)
    return {
        "verdict": record.status,
        "reason": record.reason,
        "refused": record.status != "promoted",
    }


def poisoner(
    stage: Stage, knowledge: Knowledge, strategy: Strategy, honest: Evaluation
) -> dict[str, Any]:
    """A control: besides the others one person votes against POISONED answers and corrects them
    with nonsense. The held-out questions must not be answered worse than without that person."""
    with stage.fresh(knowledge) as (fresh, folder):
        stage.people(fresh)
        votes = People(fresh, stage.dataset).poison(stage.asked, POISONED)
        record = stage.turn(fresh, folder, strategy)
        after = evaluated(fresh, stage)
    change = delta(honest.scores, after.scores)
    return {
        "votes": votes,
        "verdict": record.status,
        "reason": record.reason,
        "delta": {"mrr@10": change},
        "mattered": change["high"] < 0 or record.status == "refused",
    }


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


def evaluated(knowledge: Knowledge, stage: Stage) -> Evaluation:
    began = perf_counter()
    scores = score_all(knowledge, stage.held_out, stage.tell)
    return Evaluation(scores, perf_counter() - began)


def delta(before: Sequence[Score], after: Sequence[Score]) -> dict[str, float]:
    """The paired difference of the reciprocal ranks of answerable questions, with 95 % bounds."""
    pairs = [(b, a) for b, a in zip(before, after, strict=True) if b.answerable]
    differences = [rank(a) - rank(b) for b, a in pairs]
    names = [str(place) for place in range(len(pairs))]
    found = interval(Paired(differences, names, [1.0] * len(pairs)), ALPHA)
    return {
        "mean": round(found.mean, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
    }


def rank(score: Score) -> float:
    return reciprocal_rank(score.passage_rank, DEPTH)


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
