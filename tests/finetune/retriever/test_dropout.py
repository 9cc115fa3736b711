"""Some of a question is left out each time, and never what it begins and ends with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.retriever.dropout import dropped

QUESTION = [101, *range(1_000, 1_020), 102]


def drawn(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_about_the_share_is_left_out() -> None:
    kept = [len(dropped(QUESTION, 0.3, drawn(seed))) for seed in range(200)]
    assert 14 < np.mean(kept) < 17


def test_each_time_it_is_something_else() -> None:
    draw = drawn()
    assert dropped(QUESTION, 0.3, draw) != dropped(QUESTION, 0.3, draw)


def test_the_same_draw_leaves_the_same_out() -> None:
    assert dropped(QUESTION, 0.3, drawn(7)) == dropped(QUESTION, 0.3, drawn(7))


@given(st.lists(st.integers(0, 30_000), max_size=40), st.floats(0, 0.9), st.integers(0, 99))
def test_the_ends_and_the_order_stay_and_something_between(
    ids: list[int], share: float, seed: int
) -> None:
    left = dropped(ids, share, drawn(seed))
    assert left[:1] == ids[:1]
    assert left[-1:] == ids[-1:]
    assert len(left) >= min(len(ids), 3)
    rest = iter(ids)
    assert all(piece in rest for piece in left)


@pytest.mark.parametrize("ids", [[], [101], [101, 102], [101, 7, 102]])
def test_nothing_is_left_out_of_a_single_word(ids: list[int]) -> None:
    assert dropped(ids, 0.9, drawn()) == ids


def test_a_share_of_none_leaves_everything() -> None:
    assert dropped(QUESTION, 0.0, drawn()) == QUESTION
