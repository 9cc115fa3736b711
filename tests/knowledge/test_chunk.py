"""Passages follow the structure of a document, fit the budget and know where they stand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.blocks import blocks
from knowledge.chunk import chunk
from knowledge.documents import ParsedDocument, Span
from knowledge.tokens import estimate_tokens


def passages(text: str, max_tokens: int = 200, title: str = "Title") -> list[Span]:
    return chunk(ParsedDocument(title, text), max_tokens)


def bodies(text: str, max_tokens: int = 200) -> list[str]:
    return [span.text for span in passages(text, max_tokens)]


def count_words(text: str) -> int:
    return len(text.split())


def test_each_section_is_a_passage_under_its_path_of_headings() -> None:
    text = "Intro.\n\n# One\n\nFirst.\n\n## Sub *part*\n\nSecond.\n\n# Two\n\nThird."

    assert [(span.heading, span.text) for span in passages(text, max_tokens=10)] == [
        ((), "Intro."),
        (("One",), "First."),
        (("One", "Sub part"), "Second."),
        (("Two",), "Third."),
    ]


def test_underlined_headings_count_as_headings() -> None:
    spans = passages("Top\n===\n\na b\n\nBelow\n-----\n\nc d", max_tokens=10)

    assert [span.heading for span in spans] == [("Top",), ("Top", "Below")]


def test_the_title_is_not_repeated_in_the_path() -> None:
    assert passages("# Title\n\n## Part\n\nText.")[0].heading == ("Part",)


def test_a_heading_is_read_without_its_marks() -> None:
    spans = passages("## The `new` [form](a.md) for snake_case ## {#new}\n\nText.")

    assert spans[0].heading == ("The new form for snake_case",)


def test_a_very_short_introduction_goes_with_the_section_that_it_introduces() -> None:
    text = f"# Leave\n\nIn short:\n\n## Paid\n\n{'many words ' * 30}\n\n## Unpaid\n\nAsk."

    spans = passages(text)

    assert [span.heading for span in spans] == [("Leave", "Paid"), ("Leave", "Unpaid")]
    assert spans[0].text.startswith("In short:\n\n## Paid\n\nmany words")


def test_very_short_sections_side_by_side_are_one_passage_under_what_is_above_both() -> None:
    text = "# Leave\n\n## Paid\n\nTwenty days.\n\n## Unpaid\n\nAsk.\n\n# Travel\n\nAsk."

    assert [(span.heading, span.text) for span in passages(text)] == [
        (("Leave",), "## Paid\n\nTwenty days.\n\n## Unpaid\n\nAsk."),
        (("Travel",), "Ask."),
    ]


def test_a_short_section_stays_alone_where_both_would_be_too_long() -> None:
    text = f"# One\n\nShort.\n\n# Two\n\n{'many words ' * 95}"

    assert [span.heading for span in passages(text)] == [("One",), ("Two",)]


def test_a_heading_without_text_yields_nothing() -> None:
    assert bodies("# One\n\n## Two\n\n---\n\n# Three\n") == []


def test_what_looks_like_a_heading_in_code_is_code() -> None:
    text = "Run:\n\n```bash\n# not a heading\nls\n```\n\n~~~\n## nor this\n~~~"

    assert [span.heading for span in passages(text)] == [()]


def test_a_line_of_dashes_below_a_paragraph_is_no_heading() -> None:
    assert [span.heading for span in passages("One line\nand another\n-----\nafter")] == [()]


def test_a_list_a_table_and_code_stay_whole_where_they_fit() -> None:
    units = [
        "\n".join(f"- item {n} of the list" for n in range(8)),
        "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | cell |" for n in range(6)),
        "```\n" + "\n".join(f"line {n} of code" for n in range(9)) + "\n```",
    ]

    assert bodies("\n\n".join(units), max_tokens=60) == units


def test_a_list_stays_with_the_line_that_introduces_it() -> None:
    text = f"{'Some words before. ' * 8}\n\nYou need:\n\n- a pen\n- paper\n"

    assert bodies(text, max_tokens=40)[-1] == "You need:\n\n- a pen\n- paper"


def test_a_long_section_is_cut_evenly_between_paragraphs() -> None:
    paragraphs = [f"{letter} " * 50 for letter in "abcde"]

    spans = chunk(ParsedDocument("T", "\n\n".join(paragraphs)), 200, count_words)

    assert [count_words(span.text) for span in spans] == [150, 100]


def test_a_long_paragraph_is_cut_between_sentences_with_one_repeated() -> None:
    sentences = [f"This is sentence number {n}." for n in range(10)]

    spans = chunk(ParsedDocument("T", " ".join(sentences)), 25, count_words)

    assert [span.text for span in spans] == [
        " ".join(sentences[0:5]),
        " ".join(sentences[4:9]),
        " ".join(sentences[8:10]),
    ]


def test_a_long_list_is_cut_between_its_items_and_repeats_none() -> None:
    items = [f"- item {n} has words" for n in range(10)]

    spans = chunk(ParsedDocument("T", "\n".join(items)), 25, count_words)

    assert [span.text for span in spans] == ["\n".join(items[:5]), "\n".join(items[5:])]


def test_chinese_is_cut_at_its_own_full_stops() -> None:
    text = "员工入职满一年后可以享受带薪年假。" * 20

    assert all(body.endswith("。") for body in bodies(text, max_tokens=60))


def test_a_word_longer_than_the_budget_is_cut_too() -> None:
    spans = passages("x" * 10_000, max_tokens=50)

    assert "".join(span.text for span in spans) == "x" * 10_000
    assert max(estimate_tokens(span.text) for span in spans) <= 55


def test_white_space_in_a_long_sentence_makes_no_passage_of_its_own() -> None:
    spans = passages("word " * 100 + " " * 5_000 + "word " * 100, max_tokens=20)

    assert [word for span in spans for word in span.text.split()] == ["word"] * 200
    assert all(span.text.strip() for span in spans)


def test_a_passage_knows_its_page() -> None:
    document = ParsedDocument("T", "# A\n\na one\n\n# B\n\na two\n\n# C\n\na three", (0, 12, 24))

    assert [(span.text, span.page) for span in chunk(document, max_tokens=10)] == [
        ("a one", 1),
        ("a two", 2),
        ("a three", 3),
    ]


def test_a_document_without_pages_has_passages_without_pages() -> None:
    assert passages("Text.")[0].page is None


def test_the_estimate_is_near_what_a_tokenizer_counts() -> None:
    """The counts on the right are those of all-MiniLM-L6-v2."""
    prose = "Employees may take up to twenty days of paid leave in a year, counted from January."
    code = "`docker-compose --file=a.yml up -d` | [link](https://example.org/path/to/page.html)"
    chinese = "员工入职满一年后可以享受带薪年假，请提前两周申请。"

    assert estimate_tokens(prose) == pytest.approx(18, rel=0.15)
    assert estimate_tokens(code) == pytest.approx(37, rel=0.25)
    assert estimate_tokens(chinese) == pytest.approx(25, rel=0.15)


LINES = (
    *("# H", "## H 2", "Setext\n---", "```", "~~~", "- item", "  - nested", "1. one", "---", "#"),
    *("| a | b |", "|---|---|", "a|b", "Prose here. More prose! And", "ends with:", "", " ", "\t"),
    *("你好。再见！", "    indented", "> quote", "<div>", "**b**", "x" * 60),
)
MARKDOWN = st.lists(
    st.one_of(st.sampled_from(LINES), st.text(alphabet="ab .\n#`|-*=。:", max_size=40)),
    max_size=30,
).map("\n".join)


@given(MARKDOWN, st.integers(3, 60))
def test_passages_are_in_order_and_are_what_stands_there(text: str, max_tokens: int) -> None:
    spans = passages(text, max_tokens)
    starts = [span.start for span in spans]

    assert starts == sorted(set(starts))
    assert [span.text for span in spans] == [text[span.start : span.end] for span in spans]
    assert all(span.text.strip() for span in spans)


@given(MARKDOWN, st.integers(3, 60))
def test_only_headings_lines_across_and_white_space_are_left_out(text: str, most: int) -> None:
    left = set(range(len(text)))
    left -= {i for span in passages(text, most) for i in range(span.start, span.end)}
    left -= {
        i
        for block in blocks(text)
        for i in range(block.start, block.end)
        if block.kind in ("heading", "rule")
    }

    assert "".join(text[i] for i in sorted(left)).strip() == ""


@given(MARKDOWN, st.integers(10, 60))
def test_no_passage_is_much_beyond_the_budget(text: str, max_tokens: int) -> None:
    sizes = [estimate_tokens(span.text) for span in passages(text, max_tokens)]

    assert max(sizes, default=0) <= 1.2 * max_tokens + 5


@pytest.mark.parametrize(
    "unit",
    ["#", "`", "[", "# a\n", "- ", "|", "> ", "*", "```\n", "a\n", "a|b\n-|-\n", "=\n", "$", "。"],
)
def test_time_grows_with_the_text_whatever_it_holds(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    begin = time.thread_time()

    passages(text)

    assert time.thread_time() - begin < 10
