"""What a model writes can act as no mention and no link while it is streamed, however it is cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.harmless import Harmless

ACTIVE = re.compile(
    r"<|>|\]\(|\]:|://|www\.|mailto:|&#?\w+;|[\u200b-\u200f\u202a-\u202e]", re.IGNORECASE
)
FRAGMENTS = [
    "<!channel>",
    "<@U1>",
    "[x](https://evil.example)",
    "![x](https://evil.example/a.png)",
    "[x]: https://evil.example",
    "https://evil.example",
    "hTTps:/\u200b/evil.example",
    "https:\\/\\/evil.example",
    "ma\u200dilto:a@evil.example",
    "WWW.evil.example",
    "&lt;!here&gt;",
    "&#60;!here&#62;",
    "`",
    "**",
    "[1]",
    "\n",
    " ",
    "&",
    ";",
    "]",
    "(",
    "中",
]
HOSTILE = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map("".join)


def streamed(text: str, size: int) -> str:
    harmless = Harmless()
    return "".join(harmless.take(text[i : i + size]) for i in range(0, len(text), size))


@settings(max_examples=60, deadline=None)
@given(HOSTILE, st.integers(1, 9))
@example("<!channel>", 2)
@example("mailto:x", 6)
@example("https://evil.example", 7)
def test_nothing_active_is_left_however_it_is_cut(text: str, size: int) -> None:
    assert ACTIVE.search(streamed(text, size)) is None


@settings(max_examples=60, deadline=None)
@given(HOSTILE, st.integers(1, 9))
def test_the_cuts_make_no_difference(text: str, size: int) -> None:
    assert streamed(text, size) == streamed(text, len(text) or 1)


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_no_markdown_reader_finds_a_link_or_an_image_in_it(text: str) -> None:
    shown = MarkdownIt("commonmark").enable(["table"]).render(streamed(text, 3))
    assert "<a " not in shown
    assert "<img" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "**Bold**, _italic_ and `code` [1][2].\n\n- one\n- two [3]\n\n| a | b |\n",
        "R&D; Q&A, 5 & 6; a: b; (c) [see 4] (d)",
        "三月十五日之前必须归还。[1]",
        "déjà vu: naïve www and mailto",
    ],
)
def test_formatting_citations_and_words_are_left_alone(text: str) -> None:
    assert streamed(text, 4) == text.replace("R&D;", "R&D；")
