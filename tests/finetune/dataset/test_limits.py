"""Nobody teaches more than a number of labels, nor alone a large share of what nobody checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from finetune.dataset.lessons import Lesson
from finetune.dataset.limits import shared_out, within_limit
from tests.finetune.dataset.making import THINGS, Making, about, correction


def alone(making: Making, number: int, person: str) -> Lesson:
    return Lesson(
        making.disliked(about(THINGS[number]), number, person), "disliked", (person,), "rating"
    )


def test_a_person_has_so_many_labels_and_no_more(making: Making) -> None:
    answers = [making.disliked(about(THINGS[i]), i, "U0ANN", "U0BEN").answer for i in range(9)]
    counting = within_limit(answers, 4, 0)
    assert Counter(person for person, _ in counting) == {"U0ANN": 4, "U0BEN": 4}


def test_nobody_chooses_which_labels_count(making: Making) -> None:
    answers = [making.disliked(about(THINGS[i]), i, "U0ANN").answer for i in range(9)]
    assert within_limit(answers, 4, 0) == within_limit(answers[::-1], 4, 0)
    assert within_limit(answers, 4, 0) != within_limit(answers, 4, 1)


def test_what_an_expert_approved_counts_first(making: Making) -> None:
    answers = [making.disliked(about(THINGS[i]), i, "U0ANN").answer for i in range(9)]
    answers.append(
        making.case(about(THINGS[9]), number=9, corrections=[correction("U0ANN")]).answer
    )
    assert ("U0ANN", "interaction-9") in within_limit(answers, 1, 0)


def test_whoever_asks_without_a_word_has_a_limit_too(making: Making) -> None:
    answers = [making.case(about(THINGS[i]), number=i, asker="U0ANN").answer for i in range(9)]
    assert len(within_limit(answers, 4, 0)) == 4


def test_one_person_alone_has_at_most_a_quarter(making: Making) -> None:
    others = [alone(making, i, f"U0P{i}") for i in range(9)]
    loud = [alone(making, i, "U0LOUD") for i in range(9, 29)]
    kept = Counter(lesson.people[0] for lesson in shared_out([*others, *loud], 0))
    assert kept["U0LOUD"] == 3
    assert kept.total() == 12


def test_few_people_need_no_shares(making: Making) -> None:
    lessons = [alone(making, i, "U0ANN") for i in range(5)] + [alone(making, 6, "U0BEN")]
    assert shared_out(lessons, 0) == lessons


def test_a_second_voice_lifts_the_share(making: Making) -> None:
    others = [alone(making, i, f"U0P{i}") for i in range(4)]
    both = [
        replace(alone(making, i, "U0LOUD"), people=("U0LOUD", who))
        for i, who in enumerate(["U0P1", "U0P2", "U0P3", "U0P0", "U0P1"], start=9)
    ]
    assert shared_out([*others, *both], 0) == [*others, *both]
