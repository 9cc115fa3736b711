"""The split of a question is fixed for ever by its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.split import normalise_question, split_of


@pytest.mark.parametrize(
    ("question", "normalised"),
    [
        ("  Who's on-call?! ", "who s on call"),
        ("ＦＩＬＥ№ 7", "fileno 7"),
        ("Straße_42", "strasse 42"),
        ("火星有多大？", "火星有多大"),
        ("?!…", ""),
    ],
)
def test_case_width_punctuation_and_spacing_do_not_count(question: str, normalised: str) -> None:
    assert normalise_question(question) == normalised


@pytest.mark.parametrize(
    ("question", "split"),
    [
        ("What is odd about the magnetic field of Uranus?", "validation"),
        ("WHEN WAS PHILAE FOUND AGAIN?", "validation"),
        ("what day did voyager 1 launch", "train"),
        ("What turned out to be behind the Pioneer anomaly?", "train"),
        ("", "train"),
        ("火星有多大？", "train"),
    ],
)
def test_the_rule_never_changes(question: str, split: str) -> None:
    assert split_of(question) == split


@given(st.text())
def test_a_variant_of_a_question_stays_in_its_split(question: str) -> None:
    assert split_of(f" {normalise_question(question)}?! ") == split_of(question)


def test_about_one_question_in_five_is_for_validation() -> None:
    splits = [split_of(f"question number {number}") for number in range(5000)]

    assert splits.count("validation") == pytest.approx(1000, abs=120)
