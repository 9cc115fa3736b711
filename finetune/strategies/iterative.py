"""Iterative: answer with RAG, keep the answers that are right, fine-tune, let the tuned model score
passages for the retriever, and again, until the development score stops rising."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from finetune.dataset.near import without
from finetune.examples import Pair, Sft, TrainingData
from finetune.scorers import containment, reciprocal_rank, token_f1
from finetune.split import half_of
from finetune.strategies import Material, Outcome
from finetune.strategies.softened import soften
from finetune.workshop import Made, Workshop
from knowledge.answering import Answerer
from knowledge.prompts import build_messages

ROUNDS = 3
RIGHT = 0.6
"""Token F1 with the right answer from which an answer of the model's own is kept to learn from."""
DEPTH = 10
LEAST_GAIN = 1e-4
DEVELOPMENT = 4
"""One question in so many chooses the round and trains in none."""


def iterative(material: Material, workshop: Workshop) -> Outcome:
    chosen, kept = development(material.data.pairs)
    data = without(material.data, {pair.question for pair in chosen})
    best, scores = Made(), [measured(Made(), chosen, material.right_answers, workshop)]
    for _ in range(ROUNDS):
        with workshop.answering(best) as answerer:
            own = verified(data.sft, material.right_answers, answerer)
            rebuilt = without(material.rebuild(answerer), {pair.question for pair in chosen})
        generator = workshop.tune_generator(replace(rebuilt, sft=(*rebuilt.sft, *own)))
        with workshop.answering(Made(best.retriever, generator)) as answerer:
            pairs = soften(kept, material.right_answers, answerer)
        made = Made(workshop.tune_retriever(TrainingData(pairs=pairs)), generator)
        scores.append(measured(made, chosen, material.right_answers, workshop))
        if scores[-1] <= max(scores[:-1]) + LEAST_GAIN:
            break
        best = made
    return Outcome(best, {"rounds": len(scores) - 1, "development_scores": scores})


def development(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The pairs that choose the round, and those that train; by the hash of the question."""
    ordered = sorted(pairs, key=lambda pair: (half_of(pair.question), pair.question))
    return ordered[::DEVELOPMENT], [p for i, p in enumerate(ordered) if i % DEVELOPMENT]


def verified(
    examples: Sequence[Sft], right_answers: Mapping[str, str], answerer: Answerer
) -> list[Sft]:
    """What the model answers by itself and is right, in place of the words of people."""
    writer = answerer.live.current().writer
    if writer is None:
        return []
    found = []
    for question in dict.fromkeys(one.provenance.question for one in examples):
        right = right_answers.get(question)
        answer = answerer.answer(question) if right else None
        if answer is None or answer.abstained or not is_right(answer.text, str(right)):
            continue
        messages = build_messages(question, answer.passages, writer.prompt_tokens, writer.count)
        provenance = next(one.provenance for one in examples if one.provenance.question == question)
        found.append(Sft(tuple(messages), answer.text, provenance))
    return found


def is_right(said: str, right: str) -> bool:
    return token_f1(said, [right]) >= RIGHT or containment(said, [right]) == 1


def measured(
    made: Made, pairs: Sequence[Pair], right_answers: Mapping[str, str], workshop: Workshop
) -> float:
    """The mean of MRR@10 and, where a language model writes, token F1, in 0..1."""
    with workshop.answering(made) as answerer:
        return fmean([score(pair, right_answers, answerer) for pair in pairs] or [0.0])


def score(pair: Pair, right_answers: Mapping[str, str], answerer: Answerer) -> float:
    questions = answerer.live.current().questions
    found = answerer.retriever.find(pair.question, DEPTH, questions=questions).passages
    places = [i for i, p in enumerate(found) if p.passage_id in pair.positives]
    ranked = reciprocal_rank(min(places, default=None), DEPTH)
    right = right_answers.get(pair.question)
    if right is None or answerer.live.current().writer is None:
        return ranked
    answer = answerer.answer(pair.question)
    said = "" if answer.abstained else answer.text
    return (ranked + token_f1(said, [right])) / 2
