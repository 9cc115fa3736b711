"""No kind of example drowns another."""

from __future__ import annotations

from collections import Counter

import pytest

from finetune.dataset.balance import balance, interleaved
from finetune.dataset.lessons import Kind
from finetune.dataset.teach import Example
from finetune.examples import Judged, Pair, Provenance, Sft

SAID = Provenance("rating", None, (), "?")


def sft(kind: Kind, count: int) -> list[tuple[Kind, Example]]:
    return [(kind, Sft((), f"{kind} {i}", SAID)) for i in range(count)]


def pairs(kind: Kind, count: int) -> list[tuple[Kind, Example]]:
    return [(kind, Pair(f"{kind} {i}", (i,), (), SAID)) for i in range(count)]


def judged(up: int, down: int) -> list[Judged]:
    return [Judged((), str(i), i < up, SAID) for i in range(up + down)]


def kinds(made: list[tuple[Kind, Example]]) -> Counter[str]:
    return Counter(one.completion.split()[0] for one in balance(made).data.sft)


def test_what_people_liked_is_at_most_three_in_ten() -> None:
    assert kinds(sft("answer", 14) + sft("liked", 50)) == {"answer": 14, "liked": 6}


def test_the_retriever_learns_from_as_many_liked_answers_as_new_ones() -> None:
    made = balance(pairs("answer", 14) + pairs("liked", 50))
    assert len(made.data.pairs) == 28
    assert made.spared == 36
    assert sum(pair.stands_for for pair in made.data.pairs) == pytest.approx(64)


def test_likes_alone_teach_nothing_new() -> None:
    made = balance(sft("liked", 50) + pairs("liked", 50))
    assert not made.data.sft
    assert not made.data.pairs


def test_refusals_do_not_outnumber_answers() -> None:
    assert kinds(sft("answer", 10) + sft("abstain", 50)) == {"answer": 10, "abstain": 5}


def test_refusals_alone_would_teach_to_refuse_everything() -> None:
    assert not balance(sft("abstain", 50)).data.sft


def test_liked_answers_stand_beside_refusals_where_there_are_no_others() -> None:
    assert kinds(sft("abstain", 5) + sft("liked", 50)) == {"abstain": 5, "liked": 10}


def test_both_labels_are_in_every_stretch() -> None:
    mixed = [one.label for one in interleaved(judged(up=20, down=10))]
    assert [sum(mixed[i : i + 3]) for i in range(0, 30, 3)] == [2] * 10


def test_a_single_label_teaches_nothing() -> None:
    made = balance([("disliked", one) for one in judged(up=0, down=9)])
    assert made.data.judged == ()
    assert made.one_sided == 9
