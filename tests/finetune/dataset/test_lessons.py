"""What each cause teaches, whose word it is, and what teaches nothing and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from db.interactions import InteractionRecord
from finetune.cases import Case
from finetune.dataset.lessons import Lesson, learn
from finetune.dataset.limits import within_limit
from finetune.split import normalise_question
from tests.finetune.dataset.making import Making, correction

ASKED = "How much holiday do we have?"


def learnt(cases: Sequence[Case], most: int = 20) -> tuple[list[Lesson], Counter[str]]:
    groups = {normalise_question(c.answer.question): c.answer.question for c in cases}
    return learn(cases, within_limit([case.answer for case in cases], most, 0), groups)


def only(cases: Sequence[Case]) -> Lesson:
    (lesson,), _ = learnt(cases)
    return lesson


def said(case: Case, like: Case) -> InteractionRecord:
    """The interaction as if the other case's answer had been given."""
    return replace(case.answer.record, answer=like.answer.record.answer)


def test_an_approved_correction_teaches_the_answer(making: Making) -> None:
    lesson = only([making.corrected(ASKED, 0, "U0ANN")])
    assert (lesson.kind, lesson.people, lesson.origin) == ("answer", ("U0ANN",), "verified")


def test_a_waiting_correction_teaches_no_answer(making: Making) -> None:
    waiting = making.case(
        ASKED,
        gold="leave.md",
        right="28 days.",
        corrections=[correction("U0ANN", "28 days.", approved=False)],
        votes={"U0ANN": -1},
        answer="Ten days. [1]",
    )
    assert only([waiting]).kind == "disliked"


def test_two_waiting_corrections_that_agree_teach_the_answer(making: Making) -> None:
    cases = [
        making.case(
            ASKED,
            number=number,
            gold="leave.md",
            right="28 days.",
            corrections=[correction(person, "28 days.", approved=False)],
        )
        for number, person in enumerate(["U0ANN", "U0BEN"])
    ]
    assert (only(cases).kind, only(cases).origin) == ("answer", "correction")


def test_an_answer_that_nobody_trusted_wrote_is_not_taught(making: Making) -> None:
    case = making.case(
        ASKED,
        gold="leave.md",
        right="Ninety-nine days, said somebody whose correction waits.",
        corrections=[correction("U0ANN")],
    )
    lessons, left_out = learnt([case])
    assert lessons == []
    assert left_out == {"its correction waits for a review": 1}


def test_a_right_answer_without_a_passage_teaches_only_the_vote(making: Making) -> None:
    case = making.case(
        ASKED, right="28.", corrections=[correction(right="28.")], votes={"U0ANN": -1}, answer="9."
    )
    assert only([case]).kind == "disliked"


@pytest.mark.parametrize("cause", ["no_document", "should_have_refused"])
def test_where_no_document_answers_refusing_is_right(making: Making, cause: str) -> None:
    case = making.case(
        ASKED,
        cause,  # type: ignore[arg-type]
        corrections=[correction("U0ANN", None, fault="should_not_have_answered")],
        answer="Ten days. [1]",
    )
    assert only([case]).kind == "abstain"


def test_a_refusal_where_no_document_answers_stays_one(making: Making) -> None:
    lesson = only([making.case(ASKED, "no_document", asker="U0ANN")])
    assert (lesson.kind, lesson.people, lesson.origin) == ("abstain", ("U0ANN",), "rating")


@pytest.mark.parametrize("cause", ["stale", "not_allowed"])
def test_what_training_does_not_mend_teaches_nothing(making: Making, cause: str) -> None:
    case = making.case(
        ASKED,
        cause,  # type: ignore[arg-type]
        gold="leave.md",
        right="28 days.",
        corrections=[correction()],
        votes={"U0ANN": -1},
        answer="Ten days. [1]",
    )
    assert learnt([case]) == ([], {f"{cause}: training does not mend it": 1})


def test_a_disliked_refusal_of_no_known_reason_teaches_nothing(making: Making) -> None:
    lessons, left_out = learnt([making.case(ASKED, "unclear", votes={"U0ANN": -1})])
    assert lessons == []
    assert left_out == {"nobody said what is right": 1}


def test_the_majority_decides(making: Making) -> None:
    case = making.liked(ASKED, 0, "U0ANN", "U0BEN")
    case.answer.votes["U0CAT"] = -1
    lesson = only([case])
    assert (lesson.kind, lesson.people) == ("liked", ("U0ANN", "U0BEN"))


def test_as_many_for_as_against_teach_nothing(making: Making) -> None:
    case = making.liked(ASKED, 0, "U0ANN")
    case.answer.votes["U0CAT"] = -1
    assert learnt([case]) == ([], {"people disagree about it": 1})


def test_a_person_votes_once_on_an_answer_however_often_it_is_given(making: Making) -> None:
    honest = making.liked(ASKED, 7, "U0ANN", "U0BEN")
    again = [making.disliked(ASKED, number, "U0EVIL") for number in range(8, 14)]
    same = [replace(one, answer=replace(one.answer, record=said(one, honest))) for one in again]
    lesson = only([honest, *same])
    assert (lesson.kind, lesson.people) == ("liked", ("U0ANN", "U0BEN"))


def test_a_question_teaches_once_and_the_checked_word_wins(making: Making) -> None:
    lessons, left_out = learnt(
        [making.liked(ASKED, 0, "U0ANN"), making.corrected(ASKED.upper(), 1, "U0EXPERT")]
    )
    assert [lesson.kind for lesson in lessons] == ["answer"]
    assert left_out == {"the same question again": 1}


def test_of_two_checked_answers_the_later_one_wins(making: Making) -> None:
    lesson = only([making.corrected(ASKED, 1, "U0NEW"), making.corrected(ASKED, 0, "U0OLD")])
    assert lesson.people == ("U0NEW",)


def test_a_lesson_knows_the_rating_it_comes_from(making: Making) -> None:
    case = making.case(
        "And for me?",
        None,
        number=3,
        votes={"U0ANN": 1},
        answer="28 days. [1]",
        standalone="How much holiday do interns have?",
    )
    provenance = only([case]).provenance
    assert provenance.interaction_id == "interaction-3"
    assert provenance.people == ("U0ANN",)
    assert provenance.question == "How much holiday do interns have?"
