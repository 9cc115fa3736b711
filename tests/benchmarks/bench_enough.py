"""How often it is right whether a question is answered, on the half that nothing was fitted on.

Run: python -m tests.benchmarks.bench_enough DATASET...

A set without unanswerable questions is asked those of another such set in the same script.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from finetune.calibrate import ask, counted, figures
from finetune.datasets import Dataset, LabelledQuestion, load_dataset
from finetune.evaluate import indexed
from finetune.scorers import CJK
from finetune.split import half_of
from knowledge.confidence import DEFAULT
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.bench_answer import SAMPLE
from tests.benchmarks.tables import print_table

MOST = 250
"""Questions of each kind where the unanswerable ones come from another set: as many by chance, the
same ones every time."""
HEAD = ("data set", "questions", "unanswerable from", "answered", "refused", "mean of both")


def main(folders: Sequence[str]) -> None:
    datasets = [load_dataset(Path(folder)) for folder in [str(SAMPLE.parent), *folders]]
    alone = [dataset for dataset in datasets if not has_unanswerable(dataset)]
    rows = []
    for dataset in datasets:
        other = None if has_unanswerable(dataset) else beside(dataset, alone)
        if has_unanswerable(dataset):
            rows.append(measure(dataset, dataset.questions, "itself"))
        elif other is not None:
            asked = [*some(dataset), *map(without_answer, some(other))]
            rows.append(measure(dataset, asked, other.root.name))
        else:
            print(f"{dataset.root} has no unanswerable questions, nor any other set; left out.")
    print_table("Enough?, on the half of each set that nothing was fitted on", HEAD, rows)


def has_unanswerable(dataset: Dataset) -> bool:
    return not all(question.answerable for question in dataset.questions)


def beside(dataset: Dataset, others: Sequence[Dataset]) -> Dataset | None:
    """The next one in the same script."""
    place = next(i for i, other in enumerate(others) if other is dataset)
    after = [*others[place + 1 :], *others[:place]]
    return next((other for other in after if is_cjk(other) == is_cjk(dataset)), None)


def is_cjk(dataset: Dataset) -> bool:
    found = sum(bool(re.search(f"[{CJK}]", one.question)) for one in dataset.questions)
    return 2 * found > len(dataset.questions)


def some(dataset: Dataset) -> list[LabelledQuestion]:
    asked = [question for question in dataset.questions if question.answerable]
    return random.Random(1).sample(asked, MOST) if len(asked) > MOST else asked


def without_answer(question: LabelledQuestion) -> LabelledQuestion:
    return replace(question, answers=(), passage_ids=(), paths=(), evidence=(), answerable=False)


def measure(
    dataset: Dataset, questions: Sequence[LabelledQuestion], unanswerable: str
) -> tuple[object, ...]:
    asked = [question for question in questions if half_of(question.question) == "held out"]
    with indexed(dataset, KnowledgeSettings(), lambda *_: None) as knowledge:
        samples = [sample for question in asked for sample in ask(knowledge, question)]
    found = figures(counted(DEFAULT.weights, samples), DEFAULT.threshold)
    name = dataset.root.name
    return name, len(samples), unanswerable, found.answered, found.refused, found.balanced_accuracy


if __name__ == "__main__":
    main(sys.argv[1:])
