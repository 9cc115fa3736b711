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

STEPS = (-0.1, -0.05, 0.05, 0.1, 0.15, 0.2, 0.25)
"""What is tried, beyond the share that is set."""
SURE = 0.5
"""Standard errors that a gain has to be above zero: the gate decides, but not on mere noise."""
STRETCHES = (1, 2)
"""The ways of cutting: of one alone the share would be up to chance."""
DEPTH = 10
LEAST, MOST = 40, 200
"""Questions: with fewer nothing can be told, and more would take minutes."""

Ranks = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Half:
    """Pairs, and what reads their questions and has learnt the others: with those that it has
    learnt meaning would look better than it is."""

    pairs: Sequence[Pair]
    embedder: Embedder


def splits(pairs: Sequence[Pair]) -> list[tuple[list[Pair], list[Pair]]]:
    """What people asked, cut in halves in several ways; none where it is too little to tell."""
    asked = [pair for pair in pairs if pair.provenance.origin != "documents" and pair.positives]
    if len(asked) < LEAST:
        return []
    return [halved(asked, stretch) for stretch in STRETCHES]


def halved(pairs: Sequence[Pair], stretch: int) -> tuple[list[Pair], list[Pair]]:
    """In turns of so many to either."""
    sides = [place // stretch % 2 for place in range(len(pairs))]
    return (
        [pair for pair, side in zip(pairs, sides, strict=True) if side == 0],
        [pair for pair, side in zip(pairs, sides, strict=True) if side == 1],
    )


def weigh(halves: Sequence[Half], knowledge: Knowledge, tell: OnStep) -> float | None:
    """The share of meaning, in 0..1; None where none is better for more than the noise."""
    now = knowledge.settings.dense_weight
    shares = [round(share, 4) for share in (now, *(now + step for step in STEPS)) if 0 < share <= 1]
    halves = [replace(half, pairs=thinned(half.pairs, MOST // len(halves))) for half in halves]
    ranks = []
    for done, share in enumerate(shares, start=1):
        ranks.append(np.concatenate([reciprocal_ranks(half, share, knowledge) for half in halves]))
        tell(Step("weigh", done, len(shares), "meaning against words"))
    asked = [pair for half in halves for pair in half.pairs]
    counts = by_question(asked, np.array([pair.stands_for for pair in asked]))
    sure = [surely(by_question(asked, each - ranks[0]), counts) for each in ranks]
    best = int(np.argmax(sure))
    return shares[best] if sure[best] > 0 else None


def by_question(asked: Sequence[Pair], values: Ranks) -> Ranks:
    """The mean of each question's."""
    _, places = np.unique([pair.question for pair in asked], return_inverse=True)
    return np.asarray(np.bincount(places, weights=values) / np.bincount(places))


def thinned(pairs: Sequence[Pair], most: int) -> Sequence[Pair]:
    return pairs[:: max(1, -(-len(pairs) // most))]


def reciprocal_ranks(half: Half, share: float, knowledge: Knowledge) -> Ranks:
    """Of each question's first right passage, where meaning has this share; shape (questions,)."""
    embedder = half.embedder.weighing(share)
    ranks = []
    for pair in half.pairs:
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
