"""Questions that say nearly the same stay together, and none leaks out of the holdout."""

from __future__ import annotations

from finetune.dataset.near import digest_of, leaders, leaked, questions_of, without
from finetune.examples import Judged, Pair, Provenance, TrainingData
from knowledge.base import Knowledge

HOLIDAYS = "How many days of holiday do we have a year?"
HOLIDAYS_AGAIN = "how many days of holiday do we have a year"
HOLIDAYS_NEARLY = "How many days of holiday do we have per year?"
DOOR = "What opens the night door?"
LUNCH_ZH = "食堂几点开门？"
WIFI_ZH = "访客怎么连接无线网络？"
LUNCH_ZH_NEARLY = "食堂几点开门呢？"


def said(question: str) -> Provenance:
    return Provenance("rating", None, (), question)


def test_variants_of_a_question_have_one_leader(handbook: Knowledge) -> None:
    found = leaders([HOLIDAYS, HOLIDAYS_AGAIN, HOLIDAYS_NEARLY, DOOR], handbook.embedder)
    assert set(found.values()) == {HOLIDAYS, DOOR}


def test_what_comes_later_changes_no_leader(handbook: Knowledge) -> None:
    before = leaders([HOLIDAYS_NEARLY, DOOR], handbook.embedder)
    after = leaders([HOLIDAYS_NEARLY, DOOR, HOLIDAYS, HOLIDAYS_AGAIN], handbook.embedder)
    assert before.items() <= after.items()


def test_held_out_questions_lead(handbook: Knowledge) -> None:
    found = leaders([HOLIDAYS], handbook.embedder, first=[HOLIDAYS_NEARLY])
    assert set(found.values()) == {HOLIDAYS_NEARLY}


def test_questions_that_the_model_cannot_read_are_not_all_one(handbook: Knowledge) -> None:
    found = leaders([LUNCH_ZH, WIFI_ZH, LUNCH_ZH_NEARLY], handbook.embedder)
    assert set(found.values()) == {LUNCH_ZH, WIFI_ZH}


def test_a_held_out_question_leaks_in_other_words_too(handbook: Knowledge) -> None:
    asked = [HOLIDAYS_AGAIN, HOLIDAYS_NEARLY, DOOR]
    found = leaked(asked, [HOLIDAYS], handbook.embedder)
    assert found == {HOLIDAYS_AGAIN, HOLIDAYS_NEARLY}


def test_a_digest_is_enough_to_know_a_held_out_question(handbook: Knowledge) -> None:
    found = leaked([HOLIDAYS_AGAIN, DOOR], [], handbook.embedder, {digest_of(HOLIDAYS)})
    assert found == {HOLIDAYS_AGAIN}


def test_every_example_of_a_question_goes_with_it() -> None:
    data = TrainingData(
        pairs=(Pair(DOOR, (1,), (), said(DOOR)), Pair(HOLIDAYS, (2,), (), said(HOLIDAYS))),
        judged=(Judged((), "The card.", True, said(DOOR)),),
    )
    assert questions_of(data) == [DOOR, HOLIDAYS]
    assert questions_of(without(data, {DOOR})) == [HOLIDAYS]
    assert without(data, {DOOR}).judged == ()
