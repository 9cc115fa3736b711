"""Rows of tokens gathered into batches: of like length, of both votes, within a budget."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

POOL = 8
"""Batches that are sorted together: enough for little padding, few enough to stay mixed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt with an answer."""

    ids: tuple[int, ...]
    begin: int
    """Where the answer begins in `ids`."""
    weight: float = 1.0
    liked: bool = True

    @property
    def answer(self) -> tuple[int, ...]:
        return self.ids[self.begin :]


Unit = tuple[Row, ...]
"""Rows that stay together: one alone, or the better and the worse answer to a prompt."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes through the model at once.

    What the trainer shuffles, spreads over processes and skips when it takes up a run are whole
    batches: so a budget of tokens needs no sampler of its own.
    """

    rows: tuple[Row, ...]
    """Of pairs first all better ones, then all worse ones."""
    others: tuple[Row, ...] = ()
    """For KTO: each prompt with the answer to another one of the batch."""
    reference: tuple[float, ...] = field(default=())
    """For each row, then for each of `others`, the reference's log-probability of its answer."""


def by_length(units: Sequence[Unit], most: int, tokens: int, seed: int) -> list[Batch]:
    """Shuffled, then sorted by length within some batches at a time."""
    mixed = list(units)
    random.Random(seed).shuffle(mixed)
    pool = most * POOL
    pools = (mixed[at : at + pool] for at in range(0, len(mixed), pool))
    ordered = [unit for one in pools for unit in sorted(one, key=longest, reverse=True)]
    return [batch(units) for units in cut(ordered, most, tokens, least=1)]


def by_vote(rows: Sequence[Row], most: int, tokens: int, seed: int) -> list[Batch]:
    """Liked and disliked rows dealt out evenly, at least two to a batch.

    KTO compares a row with the rest of its batch, which of one vote alone would say nothing.
    """
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    liked = [row for row in mixed if row.liked]
    disliked = [row for row in mixed if not row.liked]
    dealt = sorted([*spread(liked), *spread(disliked)], key=lambda one: one[0])
    units = [(row,) for _, row in dealt]
    return [batch(units) for units in cut(units, most, tokens, least=2)]


def spread(rows: Sequence[Row]) -> Iterator[tuple[float, Row]]:
    return (((at + 0.5) / len(rows), row) for at, row in enumerate(rows))


def batch(units: Sequence[Unit]) -> Batch:
    return Batch(tuple(row for side in zip(*units, strict=True) for row in side))


def with_others(given: Batch, longest: int) -> Batch:
    """The batch with each prompt's answer by its neighbour, cut where it would be too long."""
    answers = [row.answer for row in given.rows]
    others = (
        Row((*row.ids[: row.begin], *answer)[: max(longest, row.begin + 1)], row.begin)
        for row, answer in zip(given.rows, [answers[-1], *answers[:-1]], strict=True)
    )
    return Batch(given.rows, tuple(others), given.reference)


def cut(units: Sequence[Unit], most: int, tokens: int, least: int) -> list[list[Unit]]:
    """Cut where a batch would hold more than `most` rows or, with its padding, `tokens`."""
    batches: list[list[Unit]] = []
    for unit in units:
        now = batches[-1] if batches else []
        grown = [*now, unit]
        rows = sum(map(len, grown))
        fits = rows <= most and rows * max(map(longest, grown)) <= tokens
        if batches and (fits or len(now) < least):
            now.append(unit)
        else:
            batches.append([unit])
    if len(batches) > 1 and len(batches[-1]) < least:
        last = batches.pop()
        batches[-1].extend(last)
    return batches


def longest(unit: Unit) -> int:
    return max(len(row.ids) for row in unit)
