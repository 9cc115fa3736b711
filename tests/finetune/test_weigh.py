"""How much meaning counts follows what people asked, and stays where nothing is surely better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from db import passages as store
from finetune.datasets import Dataset, ReadyPassage
from finetune.evaluate import indexed
from finetune.examples import Origin, Pair, Provenance
from finetune.runs import Step
from finetune.weigh import LEAST, LIFT, Fold, folds, surely, weigh
from knowledge.base import Knowledge
from knowledge.settings import KnowledgeSettings

SET = 0.5
MEANT = {
    "Where can I park my bike?": "Bicycles are left in the shed behind the house.",
    "Who pays for a taxi home?": "After ten at night the firm reimburses the ride.",
    "When is lunch?": "The canteen serves its midday meal from noon to two.",
    "How do I call in sick?": "Whoever is ill telephones the front desk before nine.",
}
"""Questions, and what answers them in other words."""
SAID = [
    "The national park has old oaks and many deer.",
    "A poet pays tribute to the moon.",
    "Lunch Limited makes paint for ships.",
    "Sick trees call for an axe.",
]
"""What has some of their words, and is about something else."""


@pytest.fixture(scope="module")
def knowledge() -> Iterator[Knowledge]:
    texts = [*MEANT.values(), *SAID]
    passages = [ReadyPassage(f"p{n}", "", text) for n, text in enumerate(texts)]
    dataset = Dataset(Path("made"), (), tuple(passages), None)
    with indexed(dataset, KnowledgeSettings(dense_weight=SET), lambda *_: None) as made:
        yield made


def ids(knowledge: Knowledge) -> dict[str, int]:
    with knowledge.database.reading() as session:
        there = store.get_passages(session, range(1, len(MEANT) + len(SAID) + 1))
    return {passage.text: passage.id for passage in there.values()}


def pairs(knowledge: Knowledge, answers: Sequence[str], origin: Origin = "rating") -> list[Pair]:
    place = ids(knowledge)
    return [
        Pair(question, (place[answer],), (), Provenance(origin, None, ("U1",), question))
        for question, answer in zip(MEANT, answers, strict=True)
    ]


def two_folds(knowledge: Knowledge, answers: Sequence[str]) -> list[Fold]:
    made = pairs(knowledge, answers)
    return [Fold(made[::2], knowledge.embedder), Fold(made[1::2], knowledge.embedder)]


def test_meaning_counts_for_more_where_words_mislead(knowledge: Knowledge) -> None:
    told: list[Step] = []

    share = weigh(two_folds(knowledge, [*MEANT.values()]), knowledge, told.append)

    assert share > SET + LIFT
    assert (told[-1].done, told[-1].step) == (told[-1].total, "weigh")


def test_it_counts_for_less_where_words_lead(knowledge: Knowledge) -> None:
    much = knowledge.settings.model_copy(update={"dense_weight": 0.8})
    led = replace(knowledge, settings=much)

    assert weigh(two_folds(knowledge, SAID), led, lambda step: None) < 0.8


def test_it_counts_for_somewhat_more_where_nothing_is_surely_better(knowledge: Knowledge) -> None:
    said = zip(pairs(knowledge, SAID), SAID, strict=True)
    clear = [replace(pair, question=text) for pair, text in said]
    asked = [Fold(clear, knowledge.embedder)]

    assert weigh(asked, knowledge, lambda step: None) == SET + LIFT


def test_questions_that_stand_for_others_count_for_them_all() -> None:
    gains = np.array([0.5, 0.5, -0.5])

    assert surely(gains, np.array([1.0, 1.0, 1.0])) < surely(gains, np.array([9.0, 9.0, 1.0]))


def test_a_gain_within_the_noise_is_none() -> None:
    assert surely(np.array([1.0, -0.9, 0.5, -0.5]), np.ones(4)) < 0 < surely(np.ones(4), np.ones(4))


def test_each_question_is_asked_once_of_what_has_not_learnt_it(knowledge: Knowledge) -> None:
    made = [replace(pairs(knowledge, SAID)[0], question=str(n)) for n in range(LEAST + 1)]

    cuts = [({p.question for p in one}, {p.question for p in other}) for one, other in folds(made)]

    everything = {pair.question for pair in made}
    assert [one | other for one, other in cuts] == [everything] * len(cuts)
    assert [one & other for one, other in cuts] == [set()] * len(cuts)
    assert sum(len(asked) for _, asked in cuts) == len(everything)


def test_too_few_questions_tell_nothing(knowledge: Knowledge) -> None:
    one = pairs(knowledge, SAID)[0]

    assert folds([one] * (LEAST - 1)) == []
    assert folds([one] * LEAST) != []


def test_what_documents_ask_of_themselves_tells_nothing(knowledge: Knowledge) -> None:
    made = pairs(knowledge, SAID, "documents")[0]
    unanswered = replace(made, positives=(), provenance=replace(made.provenance, origin="rating"))

    assert folds([made, unanswered] * LEAST) == []
