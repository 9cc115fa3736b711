"""The next item is made while the last is used, in order, and errors reach whoever takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from knowledge.ahead import ahead


def numbers(made: list[int], up_to: int) -> Iterator[int]:
    for number in range(up_to):
        made.append(number)
        yield number


def test_all_items_come_in_their_order() -> None:
    assert list(ahead(numbers([], 5))) == [0, 1, 2, 3, 4]


def test_the_next_item_is_made_before_it_is_asked_for() -> None:
    second = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    taken = ahead(items())
    assert next(taken) == 1
    assert second.wait(5)
    taken.close()


def test_no_more_than_one_is_made_in_advance() -> None:
    made: list[int] = []
    taken = ahead(numbers(made, 100))
    next(taken)
    taken.close()
    assert made in ([0], [0, 1])


def test_an_error_comes_where_its_item_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    taken = ahead(items())
    assert next(taken) == 1
    with pytest.raises(ValueError, match="broken"):
        next(taken)
