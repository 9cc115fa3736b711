"""A fact changes in the documents after training: which arm says the new one?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from finetune.comparison.arms import ARMS, Arm, Ask
from finetune.comparison.place import Edit, Place, edited, pattern_of
from finetune.datasets import LabelledQuestion
from finetune.evaluate import OnProgress, mean
from finetune.scorers import containment

MOST = 24
"""Facts that are changed."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
NAMES = ("Ashdown", "Brindle", "Calloway", "Dunmore", "Everleigh", "Farrow", "Garrick", "Holloway")


@dataclass(frozen=True, slots=True)
class Fact:
    """A held-out question whose right answer is `new` once the edit is made."""

    question: str
    old: str
    new: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Freshness:
    """For each arm the share of facts of which it says the new one, and still the old one."""

    facts: int
    new: Mapping[Arm, float | None]
    old: Mapping[Arm, float | None]

    def as_json(self) -> dict[str, Any]:
        arms = {arm: {"new": self.new[arm], "old": self.old[arm]} for arm in ARMS}
        return {"facts": self.facts, "arms": arms}


def measure_freshness(
    place: Place, asks: Mapping[Arm, Ask], questions: Sequence[LabelledQuestion], tell: OnProgress
) -> Freshness:
    """Change facts, bring the index up to date, and ask again. The documents stay changed."""
    facts = list(islice(changeable(place, questions), MOST))
    if not facts:
        nothing: dict[Arm, float | None] = dict.fromkeys(ARMS)
        return Freshness(0, nothing, nothing)
    place.change([fact.edit for fact in facts])
    new: dict[Arm, list[float]] = {arm: [] for arm in ARMS}
    old: dict[Arm, list[float]] = {arm: [] for arm in ARMS}
    for done, fact in enumerate(facts, start=1):
        for arm in ARMS:
            said = asks[arm](fact.question).text
            new[arm].append(containment(said, [fact.new]))
            old[arm].append(containment(said, [fact.old]))
        tell("changed facts", done, len(facts))
    return Freshness(
        len(facts),
        {arm: mean(found) for arm, found in new.items()},
        {arm: mean(found) for arm, found in old.items()},
    )


def changeable(place: Place, questions: Sequence[LabelledQuestion]) -> Iterator[Fact]:
    """Facts that stand once, word for word, where they can be changed; one for each sentence."""
    pages: dict[str, str] = {}
    for place_of, question in enumerate(questions):
        found = fact_of(place, question, NAMES[place_of % len(NAMES)], pages)
        if found is not None:
            pages[found.edit.path] = edited(page_text(place, found.edit.path, pages), found.edit)
            yield found


def fact_of(
    place: Place, question: LabelledQuestion, name: str, pages: Mapping[str, str]
) -> Fact | None:
    for old in question.answers[:1] if question.answerable else ():
        new = changed(old, name)
        for sentence in (*question.evidence, old):
            for path in (*question.paths, *question.passage_ids):
                text = page_text(place, path, pages)
                once = len(pattern_of(sentence).findall(text)) == 1 and old in sentence
                if new and once and not containment(text, [new]):
                    edit = Edit(path, sentence, sentence.replace(old, new))
                    return Fact(question.question, old, new, edit)
    return None


def page_text(place: Place, path: str, pages: Mapping[str, str]) -> str:
    """With the facts that have been changed already."""
    return pages[path] if path in pages else place.text_of(path)


def changed(fact: str, name: str) -> str | None:
    """The same with another number, month or name; None where it has none of them."""
    numbers = list(NUMBER.finditer(fact))
    if numbers:
        last = numbers[-1]
        return fact[: last.start()] + other_number(last[0]) + fact[last.end() :]
    if month := MONTH.search(fact):
        other = MONTHS[(MONTHS.index(month[0]) + 5) % 12]
        return fact[: month.start()] + other + fact[month.end() :]
    if named := NAME.search(f"a {fact}"):
        return fact.replace(named[0], name)
    return None


def other_number(number: str) -> str:
    """As long, and with another last digit, so that it might as well be true."""
    return number[:-1] + str((int(number[-1]) + 3) % 10)
