"""The same word is the same term, however it is written; no script needs a dictionary."""

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
        ("İSTANBUL", "istanbul"),
        ("ISPARTA", "ısparta"),
        ("ЁЛКА", "елка"),
        ("за́мок", "замок"),
        ("السَّلَامُ", "السلام"),
        ("كـــتاب", "كتاب"),
        ("مدرسة", "مدرسه"),
        ("أحمد", "احمد"),
        ("שָׁלוֹם", "שלום"),
        ("٢٠٢٤", "2024"),
        ("ﾃﾞｰﾀ", "データ"),
        ("한국어", "한국어"),
        ("co\u00adoperate", "cooperate"),
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


@pytest.mark.parametrize(("word", "other"), [("мой", "мои"), ("が", "か"), ("की", "का")])
def test_letters_that_only_look_accented_are_told_apart(word: str, other: str) -> None:
    assert index_terms(word) != index_terms(other)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ประเทศไทยมีประชากรเท่าไร", "ประชากร"),
        ("ນະຄອນຫຼວງວຽງຈັນຢູ່ໃສ", "ວຽງຈັນ"),
        ("ភាសាខ្មែរជាភាសាផ្លូវការ", "ភាសា"),
        ("မြန်မာနိုင်ငံ၏မြို့တော်", "မြန်မာ"),
        ("会議室の予約方法", "予約"),
    ],
)
def test_a_word_is_found_in_a_script_without_spaces(text: str, word: str) -> None:
    assert set(query_terms(word)) <= set(index_terms(text).split())


@pytest.mark.parametrize("word", ["ប្រជាជន", "ประชากร", "ກະລຸນາ"])
def test_another_word_of_such_a_script_is_not_found(word: str) -> None:
    text = "ភាសាខ្មែរជាភាសាផ្លូវការ ภาษาไทย ພາສາລາວ"

    assert not set(query_terms(word)) <= set(index_terms(text).split())


@pytest.mark.parametrize("text", ["हिन्दी में लिखो", "தமிழ் மொழி", "ไทย", "ខ្មែរ"])
def test_vowel_signs_do_not_divide_a_word(text: str) -> None:
    assert len(index_terms(text, "").split()) <= len(text.split()) + 1


@pytest.mark.parametrize(
    ("written", "asked"),
    [("서울에서 회의가 있다", "서울 회의"), ("책을 읽다", "책은 어디에"), ("회의실을", "회의실")],
)
def test_a_korean_word_is_found_with_another_particle_and_spacing(written: str, asked: str) -> None:
    assert set(query_terms(asked)) & set(index_terms(written).split()) != set()


def test_a_version_is_one_term_beside_its_parts() -> None:
    terms = index_terms("Released v1.11.2").split()

    assert terms[:4] == ["releas", "v1", "11", "2"]
    assert set(query_terms("1.11.2")) <= {*terms, "1"}
    assert len(set(query_terms("1.11")) & set(terms)) == 2


def test_a_version_is_told_from_another_with_the_same_numbers() -> None:
    assert set(query_terms("2.11")) - set(query_terms("11.2")) != set()


def test_a_sentence_that_ends_in_a_number_holds_no_version() -> None:
    assert index_terms("In 2024. 5 came") == "in 2024 5 came"


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
