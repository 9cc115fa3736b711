"""What no page answers is reported once, with who asked and a draft of the page."""

from __future__ import annotations

import json
from typing import Any

from finetune.cases import Case
from finetune.gaps import gaps

from .rated import answer, case, correction, record, shown

HALL = shown("hall.md", title="The hall", uri="https://docs.example/hall.md")
DOOR = shown("door.md", title="The door")


def asked(question: str, asker: str | None = "U1", *corrections: Any, **fields: Any) -> Case:
    return case(answer(record(question, HALL, DOOR, asker=asker), *corrections), **fields)


def test_similar_questions_are_one_gap_and_what_most_people_miss_comes_first() -> None:
    found = gaps(
        [
            asked("Where do I park my car?", "U1"),
            asked("Who feeds the office cat?", "U2"),
            asked("Where can we park a car?", "U3"),
            asked("Who feeds the office cat?", "U2"),
        ]
    )
    assert [(gap.question, gap.asked, gap.people) for gap in found] == [
        ("Where do I park my car?", 2, 2),
        ("Who feeds the office cat?", 2, 1),
    ]
    assert found[0].questions == ("Where do I park my car?", "Where can we park a car?")


def test_a_question_that_is_like_two_groups_makes_them_one() -> None:
    found = gaps(
        [
            asked("car park ticket"),
            asked("visitor badge desk"),
            asked("car park badge desk"),
        ]
    )
    assert [gap.asked for gap in found] == [3]


def test_a_draft_has_the_question_the_answers_and_what_is_near() -> None:
    first = correction("Behind the house.", 1)
    agreed = correction("In the yard, with a card.", 2, approved=True)
    (gap,) = gaps([asked("where do I park my car?", "U1", first, agreed)])
    assert gap.draft == (
        "# Where do I park my car\n\n"
        "In the yard, with a card.\n\n"
        "Behind the house.\n\n"
        "See also: [The hall](https://docs.example/hall.md), [The door](door.md)\n"
    )
    assert json.loads(json.dumps(gap.as_json()))["people"] == 1


def test_a_page_nobody_can_write_yet_is_left_open() -> None:
    (gap,) = gaps([case(answer(record("停车场在哪里？" + "很长" * 80)))])
    assert gap.draft.endswith("What is the answer?\n")
    assert len(gap.draft.splitlines()[0]) < 110


def test_only_what_has_no_page_is_a_gap() -> None:
    assert gaps([asked("a cat?", cause="misread"), asked("a dog?", cause="unclear")]) == ()


def test_an_answer_that_no_page_holds_is_a_gap_although_something_was_said() -> None:
    told = asked("a cat?", cause="should_have_refused", right_answer="No cats.")
    ticked = asked("a dog?", cause="should_have_refused")
    assert [gap.question for gap in gaps([told, ticked])] == ["a cat?"]
