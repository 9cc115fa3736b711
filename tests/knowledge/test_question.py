"""Whatever is typed becomes one readable line, or a short sentence says why not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.question import MAX_CHARACTERS, QuestionRefused, tidy


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("  When does\n\tthe café open? ", "When does the café open?"),
        ("When\x00does it\x1bopen?", "When does itopen?"),
        ("When does it o\u200bpen?\u202e", "When does it open?"),
        ("Who?\U000e0041\U000e0042", "Who?"),
        ("cafe\u0301?", "café?"),
        ("食堂几点开门？", "食堂几点开门？"),
        ("Who is 👩\u200d🚀?", "Who is 👩\u200d🚀?"),
    ],
)
def test_what_cannot_be_seen_goes(typed: str, question: str) -> None:
    assert tidy(typed) == question


@pytest.mark.parametrize("typed", ["", "   \n", "?!…", "\u200b\u200b", "\U000e0041", "👍"])
def test_nothing_to_answer_is_refused(typed: str) -> None:
    with pytest.raises(QuestionRefused, match="could not find a question"):
        tidy(typed)


@pytest.mark.parametrize("typed", ["why " * 25_000, "\u200b" * 100_000, "a" * 2_001])
def test_too_much_is_refused(typed: str) -> None:
    with pytest.raises(QuestionRefused, match="at most 2,000 characters"):
        tidy(typed)


def test_the_longest_question_is_taken() -> None:
    assert tidy("a" * MAX_CHARACTERS) == "a" * MAX_CHARACTERS


def outcome(typed: str) -> str:
    try:
        return tidy(typed)
    except QuestionRefused as refused:
        return str(refused)


@given(st.text(max_size=300))
def test_any_text_becomes_a_line_without_controls(typed: str) -> None:
    shown = outcome(typed)

    assert 0 < len(shown) <= MAX_CHARACTERS
    assert shown == " ".join(shown.split())
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Co", "Cs", "Cn")]


@given(st.text(max_size=300))
def test_tidying_twice_changes_nothing(typed: str) -> None:
    assert outcome(outcome(typed)) == outcome(typed)
