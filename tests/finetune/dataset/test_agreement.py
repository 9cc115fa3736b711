"""A correction teaches when an expert has approved it, or when two people say the same."""

from __future__ import annotations

from finetune.cases import Case, GivenCorrection
from finetune.dataset.agreement import backed
from tests.finetune.dataset.making import Making, correction

DAYS = "Everybody has 28 days of holiday a year."


def trusted(making: Making, *given: GivenCorrection) -> set[int]:
    cases: list[Case] = [
        making.case("How much holiday?", number=number, corrections=[one])
        for number, one in enumerate(given)
    ]
    counting = {(one.author, f"interaction-{number}") for number, one in enumerate(given)}
    return backed(cases, counting, {"how much holiday": "How much holiday?"})


def test_an_approved_correction_is_trusted(making: Making) -> None:
    one = correction("U0ANN", DAYS)
    assert trusted(making, one) == {one.id}


def test_one_voice_is_not_enough(making: Making) -> None:
    assert trusted(making, correction("U0ANN", DAYS, approved=False)) == set()


def test_two_people_who_say_the_same_are_enough(making: Making) -> None:
    one = correction("U0ANN", DAYS, approved=False)
    other = correction("U0BEN", "Everybody has 28 days of holiday a year", approved=False)
    assert trusted(making, one, other) == {one.id, other.id}


def test_one_person_who_says_it_twice_is_not(making: Making) -> None:
    one = correction("U0ANN", DAYS, approved=False)
    again = correction("U0ANN", DAYS, approved=False, number=1)
    assert trusted(making, one, again) == set()


def test_another_number_is_another_answer(making: Making) -> None:
    one = correction("U0ANN", DAYS, approved=False)
    other = correction("U0BEN", "Everybody has 14 days of holiday a year.", approved=False)
    assert trusted(making, one, other) == set()


def test_two_people_may_name_the_same_document(making: Making) -> None:
    one = correction("U0ANN", None, "leave.md", approved=False)
    other = correction("U0BEN", None, "Leave.md", approved=False)
    third = correction("U0CAT", None, "keys.md", approved=False)
    assert trusted(making, one, other, third) == {one.id, other.id}


def test_what_is_over_a_persons_limit_backs_nobody(making: Making) -> None:
    one = correction("U0ANN", DAYS, approved=False)
    other = correction("U0BEN", DAYS, approved=False)
    cases = [
        making.case("How much holiday?", number=0, corrections=[one]),
        making.case("How much holiday?", number=1, corrections=[other]),
    ]
    counting = {("U0ANN", "interaction-0")}
    assert backed(cases, counting, {"how much holiday": "How much holiday?"}) == set()
