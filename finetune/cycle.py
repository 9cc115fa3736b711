"""One turn of the loop: collect, diagnose, build a data set, train, evaluate, gate, promote."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db import cycles, diagnoses, holdout, registry
from db.cycles import CycleRecord, Outcome
from db.diagnoses import DiagnosisRecord
from db.registry import ReleaseParts, ReleaseRecord
from db.room import DiskIsFull
from finetune.cases import Case
from finetune.collect import Collected, collect
from finetune.dataset import jsonl
from finetune.dataset.build import Dataset, build
from finetune.dataset.near import digest_of
from finetune.dataset.refuse import reason_not_to_train
from finetune.diagnose import Diagnoser, gaps
from finetune.gate import Verdict, decide
from finetune.journal import Linked, Log
from finetune.judge import JudgingFailed, judge_candidate
from finetune.process import Cancelled
from finetune.releases import Releases
from finetune.request import CycleRequest
from finetune.runs import OnStep, Step, Trained, TrainingFailed
from finetune.settings import Strategy, TrainingSettings
from finetune.strategies import Material
from finetune.strategies.domain_first import from_documents
from finetune.strategies.ways import STRATEGIES
from finetune.support import Supporter
from finetune.workshop import Made, Workshop, examples_of, sweep
from knowledge.adapters.manifest import Kind, Manifest
from knowledge.adapters.store import keep
from knowledge.answering import Answerer
from knowledge.base import Knowledge
from knowledge.errors import KnowledgeUnusable

NOTHING_NEW = (
    "Nothing has been rated, corrected or asked again since the last cycle, so there is nothing "
    "new to learn."
)
EXPECTED = (
    KnowledgeUnusable,
    TrainingFailed,
    JudgingFailed,
    DiskIsFull,
    holdout.CandidateJudged,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a cycle ended, with the reason in one sentence."""

    status: Outcome
    reason: str


@dataclass(frozen=True)
class Loop:
    """Everything that a turn needs. Whoever calls `turn` holds the job: one at a time."""

    knowledge: Knowledge
    settings: TrainingSettings
    releases: Releases
    folder: Path
    """Where cycles and training runs keep their files."""
    hold_out: bool = True
    """Whether a share of what was asked is held out, besides what is already."""

    def turn(
        self,
        request: CycleRequest,
        progress: OnStep | None = None,
        stopping: threading.Event | None = None,
    ) -> CycleRecord:
        """Run a whole cycle; whatever goes wrong in it, what is live stays live."""
        database = self.knowledge.database
        cycle_id = cycles.begin(
            database,
            strategy=request.strategy or self.settings.strategy,
            dry_run=request.dry_run,
            requested_by=request.requested_by,
            surface=request.surface,
        )
        tell = progress or (lambda step: None)
        log = Log(database, cycle_id, tell, Linked(stopping))
        collected: Collected | None = None
        try:
            log.begin("collect")
            collected = self.collect(log)
            ended = self.learn(request, collected, log)
        except Cancelled:
            ended = Ended("cancelled", "Somebody ended it; what was live stays live.")
        except EXPECTED as error:
            ended = Ended("failed", str(error))
        except OSError as error:
            ended = Ended("failed", f"A file could not be read or written: {error}")
        except BaseException as error:
            self.finish(log, Ended("failed", f"It broke down ({type(error).__name__})."), None)
            raise
        self.finish(log, ended, collected)
        found = cycles.find(database, cycle_id)
        assert found is not None
        return found

    def learn(self, request: CycleRequest, collected: Collected, log: Log) -> Ended:
        """The loop itself. Raises Cancelled and those of EXPECTED."""
        strategy = request.strategy or self.settings.strategy
        if strategy != "domain-first" and not log.report["new_answers"]:
            return Ended("refused", NOTHING_NEW)
        log.begin("diagnose")
        cases = self.diagnose(collected, log)
        log.begin("dataset")
        dataset = self.build(cases, strategy, self.knowledge.answerer)
        if not request.dry_run:
            holdout.add(self.knowledge.database, dataset.held_out)
        refusal = self.refuse(cases, dataset, log)
        if refusal is not None:
            return Ended("refused", refusal)
        if request.dry_run:
            return Ended("tried", f"It would train on {len(dataset.train)} examples.")
        log.begin("train")
        workshop = self.workshop(log)
        material = Material(
            cases, dataset.train, lambda answerer: self.build(cases, strategy, answerer).train
        )
        outcome = STRATEGIES[strategy](material, workshop)
        log.report["strategy"] = dict(outcome.notes)
        if not outcome.made:
            return Ended("held", "Nothing came of the training that was better than what is live.")
        log.begin("evaluate")
        candidate = self.candidate(outcome.made, dataset, log)
        verdict = self.judge(candidate, outcome.made, workshop, log)
        log.begin("promote")
        return self.promote(candidate, verdict, log)

    def collect(self, log: Log) -> Collected:
        """All that people said, for each cycle begins with the base model and all of it."""
        database = self.knowledge.database
        collected = collect(database, None, direct_messages=self.settings.direct_messages)
        before = cycles.collected_until(database)
        log.report["answers"] = len(collected.answers)
        log.report["new_answers"] = sum(
            before is None or answer.rated_at > before for answer in collected.answers
        )
        log.report["left_out"] = dict(collected.left_out)
        return collected

    def diagnose(self, collected: Collected, log: Log) -> list[Case]:
        diagnoser = Diagnoser(self.knowledge, Supporter(self.knowledge))
        cases = []
        for done, answer in enumerate(collected.answers, start=1):
            cases.append(diagnoser.diagnose(answer))
            if done % 10 == 0 or done == len(collected.answers):
                log.show(Step("diagnose", done, len(collected.answers)))
        bad = [case for case in cases if not case.liked]
        diagnoses.save(self.knowledge.database, log.cycle_id, [as_diagnosis(case) for case in bad])
        log.report["causes"] = dict(Counter(str(case.cause) for case in bad).most_common())
        log.report["gaps"] = [gap.as_json() for gap in gaps(cases)]
        return cases

    def build(self, cases: Sequence[Case], strategy: Strategy, answerer: Answerer) -> Dataset:
        asked = holdout.questions(self.knowledge.database)
        dataset = build(
            cases,
            knowledge=self.knowledge,
            settings=self.settings,
            holdout_digests={digest_of(question) for question in asked},
            seed=self.settings.seed,
            holdout_questions=asked,
            answerer=answerer,
            hold_out=self.hold_out,
        )
        if strategy == "domain-first":
            return from_documents(self.knowledge, dataset, asked, self.settings.seed, answerer)
        return dataset

    def refuse(self, cases: Sequence[Case], dataset: Dataset, log: Log) -> str | None:
        """Keep the examples, and say why not to train on them, if there is a reason."""
        jsonl.save(dataset.train, examples_of(self.folder, log.cycle_id))
        stored = {row.question for row in holdout.current(self.knowledge.database)}
        held_out = len(stored | {one.question for one in dataset.held_out})
        log.report["dataset"] = {**dataset.report.as_json(), "fingerprint": dataset.fingerprint}
        log.report["held_out"] = held_out
        return reason_not_to_train(cases, dataset.train, self.settings, held_out)

    def workshop(self, log: Log) -> Workshop:
        live = registry.live_record(self.knowledge.database)
        names = (None, None) if live is None else (live.retriever_adapter, live.generator_adapter)
        retriever, generator = (name and self.knowledge.live.adapters / name for name in names)
        return Workshop(
            self.knowledge,
            self.settings,
            self.folder / "runs",
            log.show,
            log.stopping,
            (retriever or None, generator or None),
        )

    def candidate(self, made: Made, dataset: Dataset, log: Log) -> ReleaseRecord:
        """Keep the adapters, and a release of them; what was not trained stays the champion's."""
        database = self.knowledge.database
        champion = registry.live_record(database)
        parts = self.knowledge.release_parts() if champion is None else champion.parts
        parts = self.with_kept(parts, made, dataset.fingerprint, log)
        release_id = registry.add_candidate(
            database,
            parts,
            parent_id=None if champion is None else champion.id,
            note=f"Made by cycle {log.cycle_id}.",
            index_version=self.knowledge.status().version,
        )
        cycles.note_candidate(
            database, log.cycle_id, None if champion is None else champion.id, release_id
        )
        found = registry.find(database, release_id)
        assert found is not None
        return found

    def with_kept(
        self, parts: ReleaseParts, made: Made, fingerprint: str, log: Log
    ) -> ReleaseParts:
        kinds: tuple[tuple[Kind, Trained | None], ...] = (
            ("retriever", made.retriever),
            ("generator", made.generator),
        )
        for kind, trained in kinds:
            base = None if trained is None else self.knowledge.made_for(kind)
            if trained is None or base is None:
                continue
            log.report.setdefault("training", {})[kind] = dict(trained.figures)
            manifest = Manifest(kind, base, fingerprint, log.cycle_id)
            name = keep(trained.folder, self.knowledge.live.adapters, manifest)
            parts = replace(parts, **{f"{kind}_adapter": name})
        return parts

    def judge(self, candidate: ReleaseRecord, made: Made, workshop: Workshop, log: Log) -> Verdict:
        """Both answer the same held-out questions; the gate decides."""
        database = self.knowledge.database
        with workshop.answering(Made()) as champion, workshop.answering(made) as challenger:
            judgement = judge_candidate(database, log.cycle_id, champion, challenger, log.show)
        log.begin("gate")
        verdict = decide(
            judgement,
            targeted="retriever" if made.generator is None else "generator",
            margin=self.settings.margin,
        )
        log.report["verdict"] = {
            "promote": verdict.promote,
            "undecided": verdict.undecided,
            "reason": verdict.reason,
            "figures": verdict.figures,
        }
        return verdict

    def promote(self, candidate: ReleaseRecord, verdict: Verdict, log: Log) -> Ended:
        if not verdict.promote:
            registry.reject(self.knowledge.database, candidate.id, verdict.reason)
            return Ended("held", verdict.reason)
        if not self.settings.promote:
            waits = f"Release {candidate.id} waits for an admin to promote it."
            return Ended("held", f"{verdict.reason} {waits}")
        self.releases.promote(candidate.id, f"cycle {log.cycle_id}")
        return Ended("promoted", verdict.reason)

    def finish(self, log: Log, ended: Ended, collected: Collected | None) -> None:
        log.end()
        cycles.finish(
            self.knowledge.database,
            log.cycle_id,
            ended.status,
            ended.reason,
            report=log.report,
            collected_until=None if collected is None else collected.until,
        )
        sweep(self.folder / "runs")
        self.releases.sweep()


def as_diagnosis(case: Case) -> DiagnosisRecord:
    return DiagnosisRecord(
        interaction_id=str(case.answer.record.id),
        cause=str(case.cause),
        remedy=str(case.remedy),
        evidence=case.evidence,
    )
