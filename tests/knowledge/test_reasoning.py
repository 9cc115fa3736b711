"""A model's reasoning is taken out of its answer, however the pieces are cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.generate.reasoning import BareReasoning, ReasoningFilter

CASES = {
    "The card.": "The card.",
    "<think>Hm.</think>The card.": "The card.",
    "\n<think>\nHm.\n</think>\n\nThe card.": "The card.",
    "<thinking>a < b</thinking> 1 < 2 <b>": "1 < 2 <b>",
    "One.\n<think>Hm. </think>Two.": "One.\nTwo.",
    "<think>a</think><think>b</think>Three.": "Three.",
    "Write `<think>` before and `</think>` after.": "Write `<think>` before and `</think>` after.",
    "<think>It never ends": "",
    "<thin": "<thin",
    "<thirty> <": "<thirty> <",
}
pieces_of_tags = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "think", ">", "\n", " ", "a"]), max_size=12
)


def shown(pieces: Sequence[str]) -> str:
    """What is shown, or the word for reasoning that was never begun."""
    reasoning = ReasoningFilter()
    try:
        return "".join([*map(reasoning.feed, pieces), reasoning.end()])
    except BareReasoning:
        return "bare reasoning"


@pytest.mark.parametrize(("said", "expected"), CASES.items())
def test_only_the_answer_is_shown(said: str, expected: str) -> None:
    assert shown([said]) == expected
    assert shown([*said]) == expected


@pytest.mark.parametrize("said", ["</think>The card.", "They ask.\n</think>\nThe card."])
def test_reasoning_that_was_never_begun_is_noticed(said: str) -> None:
    assert shown([*said]) == "bare reasoning"


@given(pieces_of_tags)
def test_it_does_not_matter_where_the_pieces_are_cut(pieces: list[str]) -> None:
    assert shown(pieces) == shown(["".join(pieces)]) == shown([*"".join(pieces)])
