"""How much meaning is to count beside words: as much as lets what people asked be found best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from db import passages as store
from finetune.dataset.contexts import from_store, same
from finetune.examples import Pair
from finetune.runs import OnStep, Step
from finetune.scorers import reciprocal_rank
from knowledge.answers import FoundPassage
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.question import tidy
from knowledge.sources.names import is_verified

LIFT = 0.1
"""What has learnt finds more by meaning, so that much more it counts, if nothing else is told: on
both halves of two data sets this was better than the share that is set. With more, passages that
hold less of a question's words come first, and more answers are withheld."""
STEPS = (-0.1, -0.05, 0.0, 0.05, 0.15, 0.2)
"""What is tried besides, from the share that is set."""
SURE = 1.0
"""Standard errors by which something else has to be better: some dozens of questions say little."""
PARTS = 4
"""Questions are cut in so many: what has learnt three of them is nearly what learns them all."""
DEPTH = 10
LEAST, MOST = 40, 200
"""Questions: with fewer nothing can be told, and more would take minutes."""

Ranks = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fold:
    """Pairs, and what reads their questions and has learnt the others: with those that it has
    learnt meaning would look better than it is."""

    pairs: Sequence[Pair]
    embedder: Embedder


def folds(pairs: Sequence[Pair]) -> list[tuple[list[Pair], list[Pair]]]:
    """What people asked, cut in what is learnt and what is asked, and all is asked once; none
    where it is too little to tell."""
    asked = [pair for pair in pairs if pair.provenance.origin != "documents" and pair.positives]
    if len(asked) < LEAST:
        return []
    return [
        ([pair for n, pair in enumerate(asked) if n % PARTS != part], asked[part::PARTS])
        for part in range(PARTS)
    ]


def weigh(read: Sequence[Fold], knowledge: Knowledge, tell: OnStep) -> float:
    """The share of meaning, in 0..1: somewhat more than is set, or what is better for sure."""
    now = knowledge.settings.dense_weight
    shares = [min(1.0, now + LIFT), *(now + step for step in STEPS if 0 < now + step <= 1)]
    read = [replace(fold, pairs=thinned(fold.pairs, MOST // len(read))) for fold in read]
    ranks = []
    for done, share in enumerate(shares, start=1):
        ranks.append(np.concatenate([reciprocal_ranks(fold, share, knowledge) for fold in read]))
        tell(Step("weigh", done, len(shares), "meaning against words"))
    asked = [pair for fold in read for pair in fold.pairs]
    counts = by_question(asked, np.array([pair.stands_for for pair in asked]))
    sure = [surely(by_question(asked, each - ranks[0]), counts) for each in ranks]
    return round(shares[int(np.argmax(sure))], 4)


def by_question(asked: Sequence[Pair], values: Ranks) -> Ranks:
    """The mean of each question's."""
    _, places = np.unique([pair.question for pair in asked], return_inverse=True)
    return np.asarray(np.bincount(places, weights=values) / np.bincount(places))


def thinned(pairs: Sequence[Pair], most: int) -> Sequence[Pair]:
    return pairs[:: max(1, -(-len(pairs) // most))]


def reciprocal_ranks(fold: Fold, share: float, knowledge: Knowledge) -> Ranks:
    """Of each question's first right passage, where meaning has this share; shape (questions,)."""
    embedder = fold.embedder.weighing(share)
    ranks = []
    for pair in fold.pairs:
        right = in_index(pair, knowledge)
        found = knowledge.retriever.find(tidy(pair.question), DEPTH, questions=embedder).passages
        # Its own correction would be found first, however meaning counts.
        found = tuple(passage for passage in found if not is_verified(passage.source))
        places = (i for i, p in enumerate(found) if any(same(p, one) for one in right))
        ranks.append(reciprocal_rank(next(places, None), DEPTH))
    return np.array(ranks)


def in_index(pair: Pair, knowledge: Knowledge) -> list[FoundPassage]:
    """Its right passages."""
    with knowledge.database.reading() as session:
        there = store.get_passages(session, pair.positives)
    return [from_store(passage) for passage in there.values()]


def surely(gains: Ranks, counts: Ranks) -> float:
    """The mean gain, less SURE standard errors; each question stands for so many."""
    shares = counts / counts.sum()
    mean = float((shares * gains).sum())
    return mean - SURE * float(np.sqrt((shares**2 * (gains - mean) ** 2).sum()))
