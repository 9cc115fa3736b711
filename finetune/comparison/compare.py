"""Compare the four arms on a labelled data set: measure each on the same held-out questions, and
recommend one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune.comparison.arms import ARMS, TUNED, Arm, arms_of, writer_of
from finetune.comparison.differences import Difference, differences, interaction
from finetune.comparison.forgetting import Forgetting, measure_forgetting
from finetune.comparison.freshness import Freshness, measure_freshness
from finetune.comparison.lessons import Lessons, make_lessons
from finetune.comparison.place import Place, opened_place
from finetune.comparison.recommend import (
    Changes,
    Circumstances,
    Measured,
    Recommendation,
    recommend,
)
from finetune.comparison.required import Halves, require_model, require_questions
from finetune.comparison.scores import Rows, as_json, ask_all
from finetune.comparison.taught import Taught, measure_taught
from finetune.datasets import DatasetUnusable, load_dataset
from finetune.evaluate import OnProgress
from finetune.examples import TrainingData
from finetune.generator.settings import GeneratorTraining
from finetune.metrics import Support
from finetune.runs import Step, Trained
from finetune.settings import TrainingSettings
from finetune.workshop import Made, Workshop
from knowledge.base import Knowledge
from knowledge.confidence import DEFAULT, Calibration
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local import LocalWriter
from knowledge.generate.writers import WriterUnavailable
from knowledge.settings import KnowledgeSettings


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides besides what is measured."""

    changes: Changes = "weekly"
    latency_ms: float = 10_000.0


@dataclass(frozen=True)
class Comparison:
    model: str
    parameters: int | None
    rows: Rows
    differences: tuple[Difference, ...]
    lessons: Lessons
    trained: Mapping[Arm, Trained]
    """The adapters of the tuned arms."""
    taught: Taught
    freshness: Freshness
    forgetting: Mapping[Arm, Forgetting]
    conditions: Conditions
    recommendation: Recommendation

    def as_json(self) -> dict[str, Any]:
        return {
            "model": {"name": self.model, "parameters": self.parameters},
            "questions": {
                "trained": len(self.lessons.questions),
                "held_out": len(self.rows["base"]),
                "left_out_as_leaked": self.lessons.leaked,
            },
            "arms": {arm: as_json(self.rows[arm]) for arm in ARMS},
            "differences": [one.as_json() for one in self.differences],
            "interaction": interaction(self.rows),
            "training": {
                "answer_found": self.lessons.share_found,
                **{arm: training_json(self.trained[arm]) for arm in TUNED},
            },
            "taught": self.taught.as_json(),
            "freshness": self.freshness.as_json(),
            "forgetting": {arm: self.forgetting[arm].as_json() for arm in TUNED},
            "conditions": {
                "changes": self.conditions.changes,
                "latency_ms": self.conditions.latency_ms,
            },
            "recommendation": self.recommendation.as_json(),
        }


def compare(
    root: Path,
    settings: KnowledgeSettings,
    training: TrainingSettings,
    conditions: Conditions,
    *,
    from_docs: bool = False,
    limit: int | None = None,
    calibration: Calibration = DEFAULT,
    progress: OnProgress | None = None,
) -> Comparison:
    """Train on one half of the questions in `root`, by their hash, and ask the other of all arms.

    Raises DatasetUnusable, KnowledgeUnusable, TrainingFailed.
    """
    require_model(settings, training)
    dataset = load_dataset(root, from_docs)
    halves = Halves.of(dataset.questions[:limit])
    require_questions(root, halves)
    tell = progress or silent
    own = settings.local.model_copy(update={"adapter": ""})
    plain = settings.model_copy(update={"local": own})
    with opened_place(dataset, plain, tell, calibration) as place:
        try:
            return compare_in(place, halves, training, conditions, tell)
        except WriterUnavailable as error:
            raise KnowledgeUnusable(str(error)) from error


def compare_in(
    place: Place,
    halves: Halves,
    training: TrainingSettings,
    conditions: Conditions,
    tell: OnProgress,
    by_heart: GeneratorTraining | None = None,
) -> Comparison:
    """In a place of its own, for the documents stay changed.

    `by_heart` is how the arm without passages is trained, where not as `training` says.
    """
    knowledge = place.knowledge
    workshop = Workshop(
        knowledge,
        training.model_copy(update={"enabled": True}),
        place.folder / "training",
        lambda step: show(step, tell),
    )
    with workshop.answering(Made()) as base:
        lessons = make_lessons(knowledge, base, halves.train, halves.held_out, training.seed, tell)
        trained: dict[Arm, Trained] = {
            "fine_tuned": tuned_on(lessons.by_heart, training_by(workshop, by_heart)),
            "rag_fine_tuned": tuned_on(lessons.from_passages, workshop),
        }
        with (
            workshop.answering(Made(generator=trained["fine_tuned"])) as knowing,
            workshop.answering(Made(generator=trained["rag_fine_tuned"])) as reading,
        ):
            asks = arms_of(base, knowing, reading)
            support = Support(base.weights, base.stemmer)
            rows = ask_all(asks, halves.held_out, support, tell)
            before = writer_of(base)
            forgetting: dict[Arm, Forgetting] = {
                "fine_tuned": measure_forgetting(before, writer_of(knowing)),
                "rag_fine_tuned": measure_forgetting(before, writer_of(reading)),
            }
            taught = measure_taught(asks, lessons.questions, tell)
            freshness = measure_freshness(place, asks, halves.held_out, tell)
    found = differences(rows)
    parameters = parameters_of(knowledge)
    scores = {arm: as_json(rows[arm]) for arm in ARMS}
    measured = Measured(scores, found, taught, freshness, forgetting)
    given = circumstances(parameters, lessons, trained, training, conditions)
    return Comparison(
        model=writer_of(knowledge.answerer).name,
        parameters=parameters,
        rows=rows,
        differences=found,
        lessons=lessons,
        trained=trained,
        taught=taught,
        freshness=freshness,
        forgetting=forgetting,
        conditions=conditions,
        recommendation=recommend(measured, given),
    )


def training_by(workshop: Workshop, chosen: GeneratorTraining | None) -> Workshop:
    generator = chosen or workshop.settings.generator
    settings = workshop.settings.model_copy(update={"generator": generator})
    return replace(workshop, settings=settings)


def tuned_on(data: TrainingData, workshop: Workshop) -> Trained:
    trained = workshop.tune_generator(data)
    if trained is None:
        raise DatasetUnusable(
            "The right answers of the data set's questions are in none of its documents, so there "
            "is nothing to fine-tune on."
        )
    size = sum(file.stat().st_size for file in trained.folder.iterdir())
    return replace(trained, figures={**trained.figures, "adapter_mb": size / 1e6})


def circumstances(
    parameters: int | None,
    lessons: Lessons,
    trained: Mapping[Arm, Trained],
    training: TrainingSettings,
    conditions: Conditions,
) -> Circumstances:
    return Circumstances(
        changes=conditions.changes,
        latency_ms=conditions.latency_ms,
        parameters=parameters,
        examples={arm: int(one.figures["examples"]) for arm, one in trained.items()},
        least_examples=training.min_examples,
        found=lessons.share_found,
        training_seconds={arm: one.figures["seconds"] for arm, one in trained.items()},
    )


def parameters_of(knowledge: Knowledge) -> int | None:
    """None where the model runs on a server."""
    writer = knowledge.live.base.writer
    if not isinstance(writer, LocalWriter):
        return None
    return sum(int(weights.numel()) for weights in writer.base.network.parameters())


def training_json(trained: Trained) -> dict[str, Any]:
    figures = trained.figures
    return {
        "seconds": round(figures["seconds"], 1),
        "examples": int(figures["examples"]),
        "peak_mb": round(figures["peak_mb"]),
        "adapter_mb": round(figures["adapter_mb"], 2),
        "loss": {
            "first": round(figures["loss_first"], 4),
            "last": round(figures["loss_last"], 4),
        },
    }


def show(step: Step, tell: OnProgress) -> None:
    tell(step.step, step.done, step.total)


def silent(stage: str, done: int, total: int) -> None:
    pass
