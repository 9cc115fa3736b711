"""How much one person may teach: a number of labels a cycle, and a share of what nobody checked."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from finetune.cases import RatedAnswer
from finetune.dataset.lessons import Lesson

Label = tuple[str, str]
"""A person, and the id of the answer that this person rated or corrected."""

FEW_PEOPLE = 4
"""With fewer who say anything, one of them is a large share by nature."""
OTHERS_FOR_ONE = 3
"""Lessons that others back for each that one person gives alone: nobody has over a quarter."""


def within_limit(answers: Sequence[RatedAnswer], most: int, seed: int) -> frozenset[Label]:
    """The labels that count, of one person at most `most`.

    What an expert has approved goes first; then a hash chooses, so that nobody can.
    """
    said: dict[str, list[tuple[bool, str, str]]] = defaultdict(list)
    for answer in answers:
        for person in people_of(answer):
            approved = any(c.approved and c.author == person for c in answer.corrections)
            place = id_of(answer)
            said[person].append((not approved, lot(seed, person, place), place))
    return frozenset(
        (person, place) for person, labels in said.items() for *_, place in sorted(labels)[:most]
    )


def people_of(answer: RatedAnswer) -> list[str]:
    """Who said something of an answer; whoever asked, if nobody did."""
    said = [*answer.votes, *(correction.author for correction in answer.corrections)]
    return list(dict.fromkeys(said or [answer.record.asker or ""]))


def id_of(answer: RatedAnswer) -> str:
    return answer.record.id or ""


def lot(seed: int, *parts: str) -> str:
    """Orders by chance, and the same for the same seed on every machine."""
    return hashlib.sha256("\x1f".join([str(seed), *parts]).encode()).hexdigest()


def shared_out(lessons: Sequence[Lesson], seed: int) -> list[Lesson]:
    """Without the lessons that would give one person alone a large share of unchecked ones."""
    if len({person for lesson in lessons for person in lesson.people}) < FEW_PEOPLE:
        return list(lessons)
    kept = {id(lesson) for lesson in lessons if alone(lesson) is None}
    for liked in (True, False):
        kept |= set(map(id, fair(lessons, liked, seed)))
    return [lesson for lesson in lessons if id(lesson) in kept]


def fair(lessons: Sequence[Lesson], liked: bool, seed: int) -> Iterator[Lesson]:
    """Of the liked ones, or the others, each person's share of what has no second voice."""
    same = [lesson for lesson in lessons if (lesson.kind == "liked") == liked]
    single: dict[str, list[Lesson]] = defaultdict(list)
    for lesson in same:
        person = alone(lesson)
        if person is not None:
            single[person].append(lesson)
    for person, own in single.items():
        most = max(1, (len(same) - len(own)) // OTHERS_FOR_ONE)
        yield from sorted(own, key=lambda one: lot(seed, person, id_of(one.case.answer)))[:most]


def alone(lesson: Lesson) -> str | None:
    """The one person that a lesson rests on, if nobody checked it."""
    if lesson.origin == "rating" and len(lesson.people) == 1:
        return lesson.people[0]
    return None
