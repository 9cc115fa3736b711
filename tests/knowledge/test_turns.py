"""Who is in a hurry goes first, those alike in their order, and only one has the turn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from knowledge.turns import Turns


def test_who_is_in_a_hurry_goes_before_those_who_came_earlier() -> None:
    turns = Turns()
    order: list[str] = []

    def take(name: str, hurry: bool) -> None:
        with turns.taken(hurry=hurry):
            order.append(name)

    with ThreadPoolExecutor(3) as pool, turns.taken(hurry=False):
        for one in (("first", False), ("second", False), ("question", True)):
            pool.submit(take, *one)
            time.sleep(0.05)
    assert order == ["question", "first", "second"]


def test_only_one_has_the_turn() -> None:
    turns = Turns()
    inside: list[int] = []
    most: list[int] = []

    def take(number: int) -> None:
        with turns.taken(hurry=number % 2 == 0):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.002)
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, range(40)))
    assert most == [1] * 40


def test_a_turn_that_fails_is_given_on() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.taken(hurry=False):
        raise ZeroDivisionError
    with turns.taken(hurry=False):
        pass
