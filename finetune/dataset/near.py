"""Questions that say nearly the same, told by meaning; by letters where the model cannot read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

import numpy as np

from finetune.examples import TrainingData
from finetune.split import normalise_question
from knowledge.embed import Embedder

NEAR = 0.95
"""The cosine above which two questions are one in other words."""
READABLE = 0.5
"""With less of a question known to the embedding model, all such questions look alike to it."""
SAME_LETTERS = 0.8
"""The share of two questions' pairs of letters that they have in common, where meaning is mute."""


class Nearness:
    """Compares questions with each other by their places."""

    def __init__(self, questions: Sequence[str], embedder: Embedder) -> None:
        self._normal = [normalise_question(question) for question in questions]
        # By the network that no adapter changes: a group stays one from release to release.
        self._vectors = embedder.embed(list(questions))
        self._readable = np.array(
            [embedder.known_share(question) >= READABLE for question in questions], dtype=bool
        )
        self._letters = [letter_pairs(text) for text in self._normal]

    def near(self, place: int, others: Sequence[int]) -> list[int]:
        """Those of the other places whose questions say nearly the same, in their order."""
        if not others:
            return []
        cosines = self._vectors[list(others)] @ self._vectors[place]
        return [
            o for o, cosine in zip(others, cosines, strict=True) if self._same(place, o, cosine)
        ]

    def _same(self, place: int, other: int, cosine: float) -> bool:
        if self._normal[place] == self._normal[other]:
            return True
        if self._readable[place] and self._readable[other]:
            return cosine > NEAR
        return jaccard(self._letters[place], self._letters[other]) > SAME_LETTERS


def leaders(
    questions: Sequence[str], embedder: Embedder, first: Sequence[str] = ()
) -> dict[str, str]:
    """The leader of each normalised question: the first, in order, that says nearly the same.

    Those of `first` come before all. What is added later changes no earlier question's leader.
    """
    once: dict[str, str] = {}
    for question in [*first, *questions]:
        once.setdefault(normalise_question(question), question)
    texts = list(once.values())
    nearness = Nearness(texts, embedder)
    leading: list[int] = []
    found: dict[str, str] = {}
    for place, text in enumerate(texts):
        near = nearness.near(place, leading)
        if not near:
            leading.append(place)
        found[normalise_question(text)] = texts[near[0] if near else place]
    return found


def leaked(
    questions: Sequence[str],
    holdout: Sequence[str],
    embedder: Embedder,
    digests: Collection[str] = (),
) -> set[str]:
    """Those of the questions that are held out, or nearly: none may train.

    `digests` are of held-out questions as well, where their words are not at hand.
    """
    nearness = Nearness([*holdout, *questions], embedder)
    held = range(len(holdout))
    return {
        question
        for place, question in enumerate(questions, start=len(holdout))
        if digest_of(question) in digests or nearness.near(place, held)
    }


def questions_of(data: TrainingData) -> list[str]:
    """Every question that trains, once."""
    sources = (
        *(example.provenance for example in data.pairs),
        *(example.provenance for example in data.sft),
        *(example.provenance for example in data.preferences),
        *(example.provenance for example in data.judged),
    )
    return list(dict.fromkeys(source.question for source in sources))


def without(data: TrainingData, questions: Collection[str]) -> TrainingData:
    return TrainingData(
        pairs=tuple(e for e in data.pairs if e.provenance.question not in questions),
        sft=tuple(e for e in data.sft if e.provenance.question not in questions),
        preferences=tuple(e for e in data.preferences if e.provenance.question not in questions),
        judged=tuple(e for e in data.judged if e.provenance.question not in questions),
    )


def digest_of(question: str) -> str:
    """SHA-256 of the normalised question, in hexadecimal."""
    return hashlib.sha256(normalise_question(question).encode()).hexdigest()


def letter_pairs(text: str) -> frozenset[str]:
    letters = text.replace(" ", "")
    return frozenset(letters[i : i + 2] for i in range(max(1, len(letters) - 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 0.0
