"""Fit on labelled questions how sure an answer must be to be given, and say what that brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from finetune.datasets import DatasetUnusable, LabelledQuestion, load_dataset
from finetune.evaluate import OnProgress, indexed, is_gold_passage
from finetune.logistic import fit_weights
from finetune.scorers import containment
from finetune.split import Half, half_of
from knowledge.base import Knowledge
from knowledge.confidence import DEFAULT, Calibration, Evidence, Weights
from knowledge.question import QuestionRefused, tidy
from knowledge.settings import KnowledgeSettings

Column = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST = 40
"""Questions in a data set; with fewer each half says too little."""
FEWEST_OF_A_KIND = 5
"""Answerable, and unanswerable, questions in each half."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question's evidence, and what would come of answering it."""

    evidence: Evidence
    answerable: bool
    right: bool
    """The quoted answer holds a gold answer, or is quoted from a gold passage."""
    half: Half


@dataclass(frozen=True, slots=True)
class Figures:
    """What a calibration does on some questions; all but the threshold are shares, in 0..1."""

    threshold: float
    balanced_accuracy: float
    """The mean of `answered` and `refused`."""
    answered: float
    """Of the answerable questions."""
    refused: float
    """Of the unanswerable questions."""
    precision: float | None
    """Right answers among those given; None where none is given."""
    coverage: float
    """Given answers among all questions."""


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold's place on the curve."""

    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures and curves are those of the held-out half."""

    fitted: Calibration
    asked: int
    held_out: int
    before: Figures
    after: Figures
    curve_before: tuple[Point, ...]
    curve_after: tuple[Point, ...]


def calibrate(
    root: Path,
    settings: KnowledgeSettings,
    *,
    current: Calibration = DEFAULT,
    precision: float | None = None,
    from_docs: bool = False,
    limit: int | None = None,
    progress: OnProgress | None = None,
) -> Report:
    """Index the data set in `root` by itself, ask its questions, fit on one half of them and report
    on the other.

    With `precision` the threshold is the lowest that reaches it, else the one of the best balanced
    accuracy. Raises DatasetUnusable, also where the questions are too few or all of one kind, or
    KnowledgeUnusable.
    """
    tell = progress or (lambda stage, done, total: None)
    dataset = load_dataset(root, from_docs)
    questions = dataset.questions[:limit]
    check(root, questions)
    samples = []
    with indexed(dataset, settings, tell) as knowledge:
        for done, question in enumerate(questions, start=1):
            samples += ask(knowledge, question)
            tell("asking", done, len(questions))
    return report_on(samples, current, precision)


def check(root: Path, questions: Sequence[LabelledQuestion]) -> None:
    """Raise DatasetUnusable if the questions cannot tell where the threshold is."""
    if len(questions) < FEWEST:
        raise DatasetUnusable(
            f"{root} has {len(questions)} questions, too few to calibrate on: "
            f"half of them are held out, so bring at least {FEWEST}."
        )
    for wanted, kind in ((True, "an answer"), (False, "no answer")):
        halves = [half_of(q.question) for q in questions if q.answerable is wanted]
        fewest = min(halves.count("fit"), halves.count("held out"))
        if fewest < FEWEST_OF_A_KIND:
            raise DatasetUnusable(
                f"Of the questions of {root} {len(halves)} have {kind} in its documents, so it "
                "cannot tell when to answer and when not: bring more of them, those without an "
                'answer marked "answerable": false.'
            )


def ask(knowledge: Knowledge, question: LabelledQuestion) -> list[Sample]:
    """The question as a sample; none for what is refused as no question, whatever the threshold."""
    try:
        asked = tidy(question.question)
    except QuestionRefused:
        return []
    answerer = knowledge.answerer
    found = knowledge.retriever.find(asked)
    draft = answerer.generator.generate(asked, found.passages)
    said = "\n".join(statement.text for statement in draft.statements)
    quoted = {statement.passage for statement in draft.statements}
    right = question.answerable and (
        containment(said, question.answers) == 1
        or any(is_gold_passage(question, found.passages[place]) for place in quoted)
    )
    evidence = answerer.evidence(asked, found, draft)
    return [Sample(evidence, question.answerable, right, half_of(asked))]


def report_on(samples: Sequence[Sample], current: Calibration, precision: float | None) -> Report:
    """Fit and choose on the one half, and count on the other."""
    fit = [sample for sample in samples if sample.half == "fit"]
    held_out = [sample for sample in samples if sample.half != "fit"]
    weights = fit_weights(
        [sample.evidence for sample in fit], [sample.answerable for sample in fit], DEFAULT.weights
    )
    threshold = choose_threshold(counted(weights, fit), precision)
    fitted = Calibration(weights, threshold)
    return Report(
        fitted=fitted,
        asked=len(samples),
        held_out=len(held_out),
        before=figures(counted(current.weights, held_out), current.threshold),
        after=figures(counted(weights, held_out), threshold),
        curve_before=curve(counted(current.weights, held_out)),
        curve_after=curve(counted(weights, held_out)),
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """Samples as columns, the surest first."""

    sure: Column
    answerable: Flags
    right: Flags


def counted(weights: Weights, samples: Sequence[Sample]) -> Counted:
    weighed = Calibration(weights, threshold=0)
    sure = np.array([weighed.confidence(sample.evidence) for sample in samples])
    order = np.argsort(-sure, kind="stable")
    return Counted(
        sure[order],
        np.array([sample.answerable for sample in samples], dtype=bool)[order],
        np.array([sample.right for sample in samples], dtype=bool)[order],
    )


def choose_threshold(on: Counted, precision: float | None) -> float:
    """Halfway between two samples, so that a hair's breadth decides nothing.

    Raises DatasetUnusable if no threshold reaches the precision.
    """
    between = (on.sure[:-1] + on.sure[1:]) / 2
    thresholds = sorted({0.0, *(round(float(value), 4) for value in between)})
    tried = [figures(on, threshold) for threshold in thresholds]
    if precision is None:
        return max(tried, key=lambda one: one.balanced_accuracy).threshold
    reached = [one.threshold for one in tried if (one.precision or 0) >= precision]
    if not reached:
        best = max(one.precision or 0 for one in tried)
        raise DatasetUnusable(
            f"No threshold brings a precision of {precision:g} on these questions, at most "
            f"{best:.2f}: ask for less, or improve what is found first."
        )
    return reached[0]


def figures(on: Counted, threshold: float) -> Figures:
    given = on.sure >= threshold
    answered = float(given[on.answerable].mean())
    refused = float(1 - given[~on.answerable].mean())
    return Figures(
        threshold=threshold,
        balanced_accuracy=(answered + refused) / 2,
        answered=answered,
        refused=refused,
        precision=float(on.right[given].mean()) if given.any() else None,
        coverage=float(given.mean()),
    )


def curve(on: Counted) -> tuple[Point, ...]:
    """One point for each number of answers given, the surest first."""
    answers = np.arange(1, len(on.sure) + 1)
    shares = np.cumsum(on.right) / answers
    return tuple(
        Point(float(count / len(answers)), float(share))
        for count, share in zip(answers, shares, strict=True)
    )
