"""Taught questions are asked again, so that what was learnt shows."""

from __future__ import annotations

from finetune.comparison.arms import ARMS, Said
from finetune.comparison.taught import MOST, in_a_hurry, measure_taught
from finetune.datasets import LabelledQuestion


def question(number: int, answerable: bool = True) -> LabelledQuestion:
    answers = (f"{number} hours",) if answerable else ()
    return LabelledQuestion(f"q{number}", f"When is it {number}?", answers, (), answerable, (), ())


def silent(stage: str, done: int, total: int) -> None:
    pass


def test_an_arm_that_knows_what_was_taught_is_told_from_one_that_does_not() -> None:
    asks = {arm: lambda _: Said("", 1.0) for arm in ARMS}
    asks |= {"fine_tuned": lambda asked: Said(f"{asked.split()[-1]} hours", 1.0)}

    found = measure_taught(asks, [question(number) for number in range(5)], silent)

    assert found.questions == 5
    assert (found.f1["fine_tuned"], found.containment["fine_tuned"]) == (1.0, 1.0)
    assert (found.f1["base"], found.containment["base"]) == (0.0, 0.0)


def test_it_is_asked_as_people_type_in_a_hurry() -> None:
    assert in_a_hurry("When did Voyager 1 launch?") == "when did voyager 1 launch"


def test_of_many_some_are_asked_again_from_all_over() -> None:
    heard: list[str] = []

    def ask(asked: str) -> Said:
        heard.append(asked)
        return Said("", 1.0)

    asks = dict.fromkeys(ARMS, ask)
    found = measure_taught(asks, [question(number) for number in range(10 * MOST)], silent)

    assert found.questions == MOST
    assert heard[:: len(ARMS)] == [f"when is it {10 * number}" for number in range(MOST)]


def test_what_has_no_right_answer_is_not_asked() -> None:
    found = measure_taught({}, [question(1, answerable=False)], silent)
    assert (found.questions, found.f1["base"]) == (0, None)
