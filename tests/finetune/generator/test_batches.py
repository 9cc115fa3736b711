"""How rows are gathered: nothing lost, within the budget, both votes together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from finetune.generator.batches import Batch, Row, by_length, by_vote, with_others

units = st.lists(st.integers(2, 40), min_size=1, max_size=60).map(
    lambda lengths: [(row(n, place),) for place, n in enumerate(lengths)]
)
votes = st.lists(st.booleans(), min_size=2, max_size=40)


def row(length: int, name: int = 0, liked: bool = True) -> Row:
    return Row((name,) * length, 1, liked=liked)


def padded(batch: Batch) -> int:
    return len(batch.rows) * max(len(one.ids) for one in batch.rows)


@given(units, st.integers(0, 9))
def test_every_row_is_in_one_batch(units: list[tuple[Row, ...]], seed: int) -> None:
    batches = by_length(units, 4, 64, seed)
    rows = [one for batch in batches for one in batch.rows]
    assert sorted(one.ids for one in rows) == sorted(unit[0].ids for unit in units)


@given(units)
def test_a_batch_keeps_to_the_budget(units: list[tuple[Row, ...]]) -> None:
    batches = by_length(units, 4, 64, 0)
    assert max(len(batch.rows) for batch in batches) <= 4
    assert max(padded(batch) for batch in batches) <= 64


def test_rows_of_like_length_go_together() -> None:
    units = [(row(length),) for length in (30, 3, 29, 4, 31, 5, 28, 2)]
    spread = [max(r) - min(r) for r in lengths(by_length(units, 4, 1000, 3))]
    assert max(spread) <= 3


def lengths(batches: list[Batch]) -> list[list[int]]:
    return [[len(one.ids) for one in batch.rows] for batch in batches]


def test_the_order_follows_from_the_seed() -> None:
    units = [(row(5, name),) for name in range(20)]
    assert by_length(units, 4, 64, 1) == by_length(units, 4, 64, 1)
    assert by_length(units, 4, 64, 1) != by_length(units, 4, 64, 2)


def test_of_pairs_the_better_ones_come_first() -> None:
    pairs = [(row(3, 1), row(4, 2)), (row(3, 1), row(5, 2))]
    (batch,) = by_length(pairs, 8, 64, 0)
    assert [one.ids[0] for one in batch.rows] == [1, 1, 2, 2]


def test_votes_of_both_kinds_are_in_each_batch() -> None:
    rows = [row(5, place, liked=place < 10) for place in range(20)]
    batches = by_vote(rows, 4, 1000, 0)
    assert [{one.liked for one in batch.rows} for batch in batches] == [{True, False}] * 5


@given(votes)
def test_no_vote_is_alone_however_long_its_prompt(liked: list[bool]) -> None:
    rows = [row(500, place, one) for place, one in enumerate(liked)]
    batches = by_vote(rows, 4, 100, 0)
    assert min(len(batch.rows) for batch in batches) >= 2
    assert sum(len(batch.rows) for batch in batches) == len(liked)


def test_each_prompt_gets_its_neighbours_answer() -> None:
    batch = Batch((Row((1, 2, 10), 2), Row((3, 11, 12), 1), Row((4, 5, 13), 2)))
    others = with_others(batch, 100).others
    assert [one.ids for one in others] == [(1, 2, 13), (3, 10), (4, 5, 11, 12)]


def test_a_neighbours_answer_that_is_too_long_is_cut() -> None:
    batch = Batch((Row((1, 2, 10), 2), Row((3, 11, 12, 13, 14), 1)))
    assert [one.ids for one in with_others(batch, 4).others] == [(1, 2, 11, 12), (3, 10)]
