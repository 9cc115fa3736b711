"""Pairs whose target is shared among passages by how likely they make the right answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from finetune.examples import Pair
from finetune.strategies.likelihood import (
    Likelihood,
    ModelLikelihood,
    QuotedLikelihood,
    shares,
)
from knowledge.answering import Answerer
from knowledge.generate.local import LocalWriter

SCORED = 8
"""Passages of a question that are scored: each is read by the language model."""
TRUSTED = 0.5
"""The share of the target that stays with the passages that people showed to be right."""


def likelihood_of(answerer: Answerer) -> Likelihood:
    """The language model's own where it runs here; else how much is quoted."""
    writer = answerer.live.current().writer
    if isinstance(writer, LocalWriter):
        return ModelLikelihood(writer)
    return QuotedLikelihood(answerer.generator)


def soften(
    pairs: Sequence[Pair], right_answers: Mapping[str, str], answerer: Answerer
) -> tuple[Pair, ...]:
    """The pairs, those with a known right answer with a soft target (REPLUG LSR, Shi et al. 2023;
    RA-DIT, Lin et al. 2023)."""
    likelihood = likelihood_of(answerer)
    return tuple(
        softened(pair, right_answers[pair.question], answerer, likelihood)
        if pair.question in right_answers
        else pair
        for pair in pairs
    )


def softened(pair: Pair, answer: str, answerer: Answerer, likelihood: Likelihood) -> Pair:
    questions = answerer.live.current().questions
    found = answerer.retriever.find(pair.question, SCORED, questions=questions).passages
    if not found:
        return pair
    weights = (1 - TRUSTED) * shares(likelihood.score(pair.question, answer, found))
    target = dict(zip((p.passage_id for p in found), weights.tolist(), strict=True))
    for positive in pair.positives:
        target[positive] = target.get(positive, 0.0) + TRUSTED / len(pair.positives)
    total = float(np.sum(list(target.values())))
    return replace(pair, soft=tuple((passage, share / total) for passage, share in target.items()))
