"""Sentences are found in prose, lists and tables, in English and in Chinese."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sentences import sentences


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_end_at_their_marks() -> None:
    assert texts("It works. Does it? Yes! Well…  Then go on.") == [
        "It works.",
        "Does it?",
        "Yes!",
        "Well…",
        "Then go on.",
    ]


def test_western_marks_end_a_chinese_sentence_without_a_space() -> None:
    assert texts("怎么办?点击这里!然后好。") == ["怎么办?", "点击这里!", "然后好。"]
    assert texts("他说“好!”然后走了。") == ["他说“好!”然后走了。"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith met J. R. Jones of Acme Inc. in May.",
        "The U.S. Senate met at 5 p.m. on Monday.",
        "See Fig. 3 and No. 5 of vol. 2.",
        "Use a queue, e.g. Redis, i.e. something fast.",
        "Version 1.2 costs $3.14 at https://example.org/a.b today.",
        "Yahoo! is a company... and so on.",
        "1. Open the door.",
    ],
)
def test_a_dot_within_a_sentence_does_not_end_it(sentence: str) -> None:
    assert texts(f"Before. {sentence} The next one.") == ["Before.", sentence, "The next one."]


def test_an_abbreviation_ends_a_sentence_where_a_new_one_clearly_starts() -> None:
    assert texts("He lives in the U.S. The law is clear there.") == [
        "He lives in the U.S.",
        "The law is clear there.",
    ]


def test_quotes_and_brackets_stay_with_their_sentence() -> None:
    assert texts("She said “Go.” (He went.) **Bold.** Plain.") == [
        "She said “Go.”",
        "(He went.)",
        "**Bold.**",
        "Plain.",
    ]


def test_chinese_and_japanese_sentences_need_no_space() -> None:
    assert texts("员工可以休假。请提前两周申请！「行きますか？」はい。") == [
        "员工可以休假。",
        "请提前两周申请！",
        "「行きますか？」",
        "はい。",
    ]


def test_a_line_break_does_not_end_a_sentence_and_an_empty_line_does() -> None:
    assert texts("One sentence\nin two lines\n\nand another") == [
        "One sentence\nin two lines",
        "and another",
    ]


def test_an_item_of_a_list_is_one_sentence_without_its_mark() -> None:
    assert texts("- First. Still first.\n* Second\n  goes on\n10. Third") == [
        "First. Still first.",
        "Second\n  goes on",
        "Third",
    ]


def test_rows_headings_and_code_stand_alone() -> None:
    markdown = (
        "# A title\nProse. More.\n\n| a. b | c |\n|---|---|\n| 1 | 2 |\n\n```\nx. y\nz\n```\n"
    )

    assert texts(markdown) == [
        "# A title",
        "Prose.",
        "More.",
        "| a. b | c |",
        "| 1 | 2 |",
        "```\nx. y\nz\n```",
    ]


@given(st.text(alphabet="aB1 .!?。！\n-#|`*“”…", max_size=200))
def test_sentences_are_in_order_and_lose_no_letter(text: str) -> None:
    spans = sentences(text)
    flat = [offset for span in spans for offset in span]
    kept = "".join(text[start:end] for start, end in spans)

    assert flat == sorted(flat)
    assert [c for c in kept if c.isalpha()] == [c for c in text if c.isalpha()]


@pytest.mark.parametrize(
    "unit", [".", "?!", "a. ", "1. ", "“", "Dr. ", "。", ".\n", "-", "| ", "U.S. A", ".)", " "]
)
def test_time_grows_with_the_text_whatever_it_holds(unit: str) -> None:
    text = unit * (400_000 // len(unit)) + "x"
    begin = time.thread_time()

    sentences(text)

    assert time.thread_time() - begin < 5
