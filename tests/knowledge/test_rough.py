"""The first look at vectors is off by no more than it says, and so loses none of the nearest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from knowledge import room as rooms
from knowledge.embed import Vectors
from knowledge.room import Room
from knowledge.rough import at_most_highest, has_quick_product, promising, rounded

ROWS = 2_000
MAKERS: dict[str, Callable[[int], Vectors]] = {}


def made(make: Callable[[int], Vectors]) -> Callable[[int], Vectors]:
    MAKERS[make.__name__] = make
    return make


@made
def anywhere(dimension: int) -> Vectors:
    return np.random.default_rng(1).normal(size=(ROWS, dimension))


@made
def with_one_large_number(dimension: int) -> Vectors:
    vectors = anywhere(dimension)
    vectors[:, 0] *= 100
    return vectors


@made
def close_together(dimension: int) -> Vectors:
    """Some hundred are nearer to each other than eight bits can tell."""
    centers = np.random.default_rng(2).normal(size=(20, dimension))
    return np.repeat(centers, ROWS // 20, axis=0) + 0.002 * anywhere(dimension)


def unit(vectors: Vectors) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Callable[[int], Vectors]:
    return MAKERS[request.param]


@pytest.fixture(params=["eight bits", "sixteen bits"])
def product(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = request.param == "eight bits"
    if quick and not has_quick_product():
        pytest.skip("this machine has no quick product of eight-bit numbers")
    monkeypatch.setattr(rooms, "has_quick_product", lambda: quick)


def filled(vectors: Vectors) -> Room:
    room = Room(len(vectors) // 3)
    for some in np.array_split(vectors.astype(np.float16), 7):
        room.add(some)
    return room


def exact(room: Room, asked: Vectors) -> Vectors:
    """Of each row and each question, shape (rows, questions)."""
    return np.asarray(room.first(ROWS).double().numpy() @ asked.astype(np.float64).T)


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("dimension", [1, 7, 64, 384])
def test_no_cosine_is_further_off_than_told(
    maker: Callable[[int], Vectors], dimension: int
) -> None:
    vectors = unit(maker(dimension))
    room = filled(vectors)
    rough = room.rough(ROWS)
    # Also asked: what rounding has taken from a row, the worst there can be.
    taken = vectors[:3] - np.round(vectors[:3] * 40) / 40 + 1e-6
    asked = np.concatenate([vectors[::100], unit(anywhere(dimension)[::200]), unit(taken)])

    told = [rough.cosines(vector) for vector in asked]

    wrong = np.abs(np.stack([found.numpy() for found, _ in told], axis=1) - exact(room, asked))
    assert (wrong <= rough.errors.numpy()[:, None] + np.array([off for _, off in told])).all()


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("limit", [1, 10, 200, ROWS + 1])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.002])
def test_none_of_the_nearest_is_lost(
    maker: Callable[[int], Vectors], limit: int, share: float
) -> None:
    vectors = unit(maker(96))
    room = filled(vectors)
    allowed = np.random.default_rng(3).random(ROWS) < share
    asked = np.concatenate([vectors[::200], unit(anywhere(96)[::200])])
    cosines = np.where(allowed[:, None], exact(room, asked), -2)
    mask = None if share == 1.0 else allowed

    found = [promising(room.rough(ROWS), vector, limit, mask) for vector in asked]

    best = np.argsort(-cosines, axis=0)[: min(limit, allowed.sum())].T
    assert [set(some) - set(rows) for some, rows in zip(best, found, strict=True)] == [set()] * 20
    assert all(allowed[rows].all() for rows in found)


@pytest.mark.usefixtures("product")
def test_few_rows_are_worth_a_second_look() -> None:
    vectors = unit(anywhere(384))
    rough = filled(vectors).rough(ROWS)
    counts = [len(promising(rough, vector, 10, None)) for vector in unit(anywhere(384)[::20])]
    assert max(counts) < ROWS / 20


def test_vectors_of_nothing_are_near_to_nothing() -> None:
    vectors = rounded(torch.zeros((3, 20), dtype=torch.float16))
    assert vectors.errors.tolist() == [0, 0, 0]
    assert vectors.numbers.count_nonzero() == 0


@pytest.mark.parametrize("count", [5, 80, 1_600, 10_000])
@pytest.mark.parametrize("limit", [1, 10, 100])
def test_the_bound_is_never_above_the_highest(count: int, limit: int) -> None:
    values = torch.from_numpy(np.random.default_rng(4).normal(size=count).astype(np.float32))
    ranked = torch.sort(values, descending=True).values
    bound = at_most_highest(values.clone(), limit)
    assert bound <= ranked[min(limit, count) - 1]
    assert bound >= ranked[min(2 * limit, count) - 1]
