"""Every cause has its facts, and the first that holds is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from finetune.cases import Cause
from finetune.causes import LOW, REMEDIES, Facts, decide

ANSWERED = Facts(abstained=False, confidence=0.9, read=4)
ABSTAINED = Facts(abstained=True, confidence=0.2, read=4)
HELD = replace(ANSWERED, told=True, supported=True, agreement=0.9)
"""Somebody said what is right, and a passage holds it."""

CASES: list[tuple[Cause, Facts, dict[str, Any]]] = [
    ("no_document", ABSTAINED, {}),
    ("no_document", ABSTAINED, {"told": True, "agreement": 0.5}),
    ("no_document", ANSWERED, {"told": True, "agreement": 0.5}),
    ("no_document", ANSWERED, {"told": True, "named": False}),
    ("not_retrieved", HELD, {}),
    ("not_retrieved", HELD, {"abstained": True}),
    ("ranked_low", HELD, {"found": 9}),
    ("ranked_low", HELD, {"found": 4, "shown": 4}),
    ("misread", HELD, {"found": 3, "shown": 3}),
    ("stale", ANSWERED, {"faults": frozenset({"out_of_date"})}),
    ("stale", ANSWERED, {"outdated": True}),
    ("stale", ANSWERED, {"outdated": True, "told": True, "agreement": 0.65}),
    ("stale", HELD, {"newer": True, "shown": 0}),
    ("stale", ABSTAINED, {"answered_now": True, "answered_to_all": True}),
    ("not_allowed", HELD, {"readable": False}),
    ("not_allowed", ABSTAINED, {"answered_to_all": True}),
    ("wrongly_refused", HELD, {"abstained": True, "shown": 5}),
    ("should_have_refused", ANSWERED, {"faults": frozenset({"should_not_have_answered"})}),
    ("should_have_refused", ANSWERED, {"told": True, "confidence": LOW - 0.01}),
    ("unclear", ANSWERED, {}),
    ("unclear", ANSWERED, {"told": True, "agreement": 0.65}),
    ("unclear", ANSWERED, {"told": True, "named": True}),
]


@pytest.mark.parametrize(("cause", "facts", "changes"), CASES)
def test_a_cause_is_told_from_its_facts(
    cause: Cause, facts: Facts, changes: dict[str, Any]
) -> None:
    assert decide(replace(facts, **changes)) == cause


def test_every_cause_can_come_out_and_has_a_remedy() -> None:
    assert {cause for cause, _, _ in CASES} == set(get_args(Cause)) == set(REMEDIES)


def test_what_was_not_answered_was_not_answered_wrongly() -> None:
    ticked = replace(ABSTAINED, faults=frozenset({"should_not_have_answered"}))
    assert decide(ticked) == "no_document"


def test_what_people_tick_goes_before_what_the_passages_show() -> None:
    ticked = replace(HELD, shown=0, faults=frozenset({"out_of_date"}))
    assert decide(ticked) == "stale"
