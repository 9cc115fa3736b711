"""The same word is the same term, however it is written; Chinese is found without a dictionary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.terms import index_terms, query_terms


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("CAFÉ", "cafe"),
        ("Straße", "strasse"),
        ("ＦＩＬＥ", "file"),
        ("holidays", "holiday"),
        ("reported", "report"),
        ("guard's", "guard"),
        ("guard’s", "guard"),
        ("don’t", "don't"),
    ],
)
def test_spellings_of_a_word_are_one_term(written: str, same: str) -> None:
    assert index_terms(written) == index_terms(same)


def test_terms_keep_the_order_of_the_text_and_lose_its_marks() -> None:
    assert index_terms("*Green* card (no. 7): lost!") == "green card no 7 lost"


def test_chinese_becomes_pairs_of_characters() -> None:
    assert index_terms("食堂开门") == "食堂 堂开 开门"


def test_a_single_chinese_character_is_a_term() -> None:
    assert index_terms("鱼") == "鱼"


def test_scripts_are_told_apart_without_spaces() -> None:
    assert index_terms("用Slack问题") == "用 slack 问题"


def test_a_question_is_searched_without_its_stop_words() -> None:
    assert query_terms("What is the colour of the card?") == ["colour", "card"]


def test_stop_words_are_kept_where_there_is_nothing_else() -> None:
    assert query_terms("Who are you?") == ["who", "are", "you"]


def test_a_term_is_looked_for_once() -> None:
    assert query_terms("card, cards, CARD") == ["card"]


def test_without_a_stemmer_words_stay_whole() -> None:
    assert index_terms("holidays", "") == "holidays"


@pytest.mark.parametrize("text", ["", "?!", "🙂", "'"])
def test_what_holds_no_word_has_no_terms(text: str) -> None:
    assert query_terms(text) == []


@given(st.text())
def test_terms_hold_nothing_that_a_search_could_take_for_syntax(text: str) -> None:
    assert [term for term in query_terms(text) if not term or set(term) & set("\"'*():^ ")] == []


@given(st.text())
def test_every_telling_word_of_a_text_finds_it(text: str) -> None:
    assert set(query_terms(text)) <= set(index_terms(text).split())
