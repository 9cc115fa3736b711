"""From pairs to lessons: what each question is to come near to, in rows of the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from finetune.examples import Pair
from finetune.retriever.corpus import Corpus, Rows, part_of
from finetune.retriever.losses import Lesson
from finetune.runs import TrainingFailed
from knowledge.embed import Embedder, Vectors

SAME = 0.95
"""Cosine from which two passages say the same: whoever finds the one has found the other."""
NEAR = 100
"""How many of the passages nearest to it a question is always trained against."""


@dataclass(frozen=True, slots=True)
class Course:
    """The lessons of a run, and the passages that they are about."""

    lessons: tuple[Lesson, ...]
    ids: Rows
    """Of the passages."""
    passages: Vectors
    """Unit vectors, shape (passages, dimension)."""
    left_out: int
    """Pairs whose passages have gone from the index."""


def build_course(pairs: Sequence[Pair], corpus: Corpus, embedder: Embedder, most: int) -> Course:
    """Raises TrainingFailed if no pair has a passage in the corpus."""
    known = set(corpus.ids.tolist())
    usable = [pair for pair in pairs if not known.isdisjoint(wanted(pair))]
    if not usable:
        raise TrainingFailed(
            "None of the examples' passages is in the index: begin the cycle anew, which builds "
            "them from the index as it is now."
        )
    keep = {passage for pair in usable for passage in (*wanted(pair), *pair.negatives)}
    questions = embedder.embed_questions([pair.question for pair in usable])
    part = part_of(corpus, corpus.rows(keep), questions, most, NEAR)
    passages = part.vectors.astype(np.float32)
    places = {passage: row for row, passage in enumerate(part.ids.tolist())}
    prompt = embedder.files.question_prompt
    ids = embedder.tokens([prompt + pair.question for pair in usable])
    lessons = tuple(
        lesson_of(pair, pieces, places, passages) for pair, pieces in zip(usable, ids, strict=True)
    )
    return Course(lessons, part.ids, passages, len(pairs) - len(usable))


def wanted(pair: Pair) -> tuple[int, ...]:
    return tuple(passage for passage, _ in pair.soft) if pair.soft else pair.positives


def lesson_of(pair: Pair, ids: list[int], places: dict[int, int], passages: Vectors) -> Lesson:
    positives = rows_of(pair.positives, places)
    copies = copies_of(positives, passages)
    negatives = set(rows_of(pair.negatives, places)).difference(positives, copies)
    soft = [(places[passage], share) for passage, share in pair.soft if passage in places]
    total = sum(share for _, share in soft) or 1.0
    return Lesson(
        ids=ids,
        positives=positives,
        negatives=tuple(sorted(negatives)),
        copies=copies,
        soft=tuple((row, share / total) for row, share in soft),
        weight=pair.weight,
    )


def rows_of(ids: Iterable[int], places: dict[int, int]) -> tuple[int, ...]:
    return tuple(sorted({places[passage] for passage in ids if passage in places}))


def copies_of(positives: Sequence[int], passages: Vectors) -> tuple[int, ...]:
    if not positives:
        return ()
    near = (passages @ passages[list(positives)].T).max(axis=1) >= SAME
    return tuple(row for row in np.flatnonzero(near).tolist() if row not in positives)
