"""Which passages a question turns on: they are read anew where both sides learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from finetune.retriever.lessons import Course
from finetune.retriever.losses import Lesson
from finetune.retriever.texts import Told
from finetune.runs import TrainingFailed
from knowledge.embed import Vectors

HARDEST = 20
"""Among so many of the passages nearest to a question its near ones are drawn."""
SHOWN = 1
"""Passages that were shown and are wrong, of those that a question brings into a step."""


@dataclass(frozen=True, slots=True)
class Around:
    """Rows of the corpus."""

    wanted: tuple[int, ...]
    shown: tuple[int, ...]
    near: tuple[int, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        return (*self.wanted, *self.shown, *self.near)


def all_around(course: Course, questions: Vectors) -> list[Around]:
    """Of each lesson, whose question has one of these unit vectors."""
    return [around(*one, course.passages) for one in zip(course.lessons, questions, strict=True)]


def around(lesson: Lesson, question: Vectors, passages: Vectors) -> Around:
    wanted = tuple(row for row, _ in lesson.soft) if lesson.soft else lesson.positives
    taken = {*wanted, *lesson.positives, *lesson.copies, *lesson.negatives}
    nearest = np.argsort(-(passages @ question), kind="stable")[: HARDEST + len(taken)].tolist()
    near = [row for row in nearest if row not in taken][:HARDEST]
    return Around(wanted, lesson.negatives, tuple(near))


def drawn(one: Around, near: int, draw: np.random.Generator) -> list[int]:
    """What is wanted, and some of the others."""
    shown = draw.permutation(one.shown)[:SHOWN].tolist()
    return [*one.wanted, *map(int, shown), *map(int, draw.permutation(one.near)[:near].tolist())]


def by_row(course: Course, rows: Iterable[int], told: Mapping[int, Told]) -> dict[int, Told]:
    """What is told by id. Raises TrainingFailed if it is not of the corpus."""
    try:
        return {row: told[int(course.ids[row])] for row in rows}
    except KeyError as error:
        raise TrainingFailed(
            f"The text of passage {error} is not there, for a reindex came in between: begin the "
            "cycle anew."
        ) from error
