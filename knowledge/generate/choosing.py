"""Which sentences become the answer: the best ones as far as they go, each said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.generate import Statement
from knowledge.generate.windows import BUDGET, Reading, Window

WORTH_QUOTING = 0.85
"""A sentence is quoted too if it scores at least this share of the best one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    passage: int
    place: int
    """Its number among the parts of the passage."""
    text: str
    terms: frozenset[str]
    heading: frozenset[str]
    """The terms of the title, the headings and the line of a list or table above it."""
    beside: frozenset[str]
    """The terms of the parts before and after it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence and what is quoted with it."""

    sentence: Sentence
    window: Window
    score: float


def choose(
    ranked: Iterable[tuple[Sentence, float]], readings: Sequence[Reading]
) -> Iterator[Choice]:
    """The sentences worth quoting, best first, until the answer is full.

    Passages overlap by a sentence, and documents repeat each other: what has been said is left out.
    """
    least, left = 0.0, BUDGET
    taken: list[set[int]] = [set() for _ in readings]
    said: list[frozenset[str]] = []
    for sentence, score in ranked:
        least = least or WORTH_QUOTING * score
        if score < least or not left:
            return
        if any(sentence.terms <= terms for terms in said):
            continue
        there = taken[sentence.passage]
        windows = readings[sentence.passage].windows(sentence.place)
        window = next((w for w in windows if w.cost(there) <= left), None)
        if window is not None:
            yield Choice(sentence, window, score)
            left -= window.cost(there)
            there.update(window.places)
            said.append(sentence.terms)


def statements(choices: Sequence[Choice], readings: Sequence[Reading]) -> Iterator[Statement]:
    """Passage by passage, that of the best sentence first, each in reading order."""
    for number in dict.fromkeys(choice.sentence.passage for choice in choices):
        here = [choice for choice in choices if choice.sentence.passage == number]
        for run in runs(here, readings[number]):
            best = max(run, key=lambda choice: choice.score)
            places = {place for choice in run for place in choice.window.places}
            text = readings[number].show(places)
            yield Statement(text, number, readings[number].quote(best.sentence.place), best.score)


def runs(choices: Iterable[Choice], reading: Reading) -> Iterator[list[Choice]]:
    """Those that are read as one: sentences that follow each other, items of one list."""
    run: list[Choice] = []
    for choice in sorted(choices, key=lambda choice: choice.window.places):
        last = max((place for known in run for place in known.window.places), default=None)
        if last is not None and not reading.go_on(last, choice.window.places[0]):
            yield run
            run = []
        run.append(choice)
    if run:
        yield run
