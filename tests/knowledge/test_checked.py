"""Citations of a model's answer are checked: each leads to a sentence that supports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from knowledge.answers import FoundPassage
from knowledge.embed import Embedder
from knowledge.generate.checked import UNSUPPORTED, CitationCheck

KEYS = FoundPassage(
    1,
    1,
    "keys.md",
    "Keys",
    "https://docs.example/keys.md",
    "Night door",
    "The night door opens with the green card. Lost cards are reported to the guard at once. "
    "A new card costs 20 euros.",
    0,
    100,
    None,
    1.0,
)
LEAVE = replace(
    KEYS,
    passage_id=2,
    path="leave.md",
    uri="https://docs.example/leave.md",
    heading="Holidays",
    text="Everybody has 28 days of holiday a year. Ask your lead two weeks before you go.",
)


class Even:
    """Every word weighs the same."""

    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        return dict.fromkeys(terms, 1.0)


@pytest.fixture(scope="module")
def check(embedder: Embedder) -> CitationCheck:
    return CitationCheck(embedder, Even(), "english")


def cited(check: CitationCheck, text: str) -> list[tuple[int, str, str]]:
    citations = check.check(text, [KEYS, LEAVE]).citations
    return [(c.number, c.passage.path, c.quote) for c in citations]


def test_the_quote_is_the_sentence_that_supports_the_claim(check: CitationCheck) -> None:
    text = "You open the night door with the green card [1]."
    assert cited(check, text) == [(1, "keys.md", "The night door opens with the green card.")]


def test_citations_are_numbered_as_they_appear(check: CitationCheck) -> None:
    found = check.check(
        "Everybody has 28 days of holiday [2]. The night door opens with the green card [1].",
        [KEYS, LEAVE],
    )
    assert [c.passage.path for c in found.citations] == ["leave.md", "keys.md"]
    assert found.text.index("[1]") < found.text.index("[2]")
    assert found.supported == 1.0


@pytest.mark.parametrize("number", ["[7]", "[0]", "[999]", "[7, 8]", "【7】"])
def test_a_citation_of_a_passage_that_there_is_not_is_removed(
    check: CitationCheck, number: str
) -> None:
    found = check.check(f"The night door opens with the green card {number}.", [KEYS, LEAVE])
    assert number not in found.text
    assert found.text == "The night door opens with the green card. [1]"


def test_a_wrong_citation_is_put_right(check: CitationCheck) -> None:
    assert cited(check, "Lost cards are reported to the guard at once. [2]") == [
        (1, "keys.md", "Lost cards are reported to the guard at once.")
    ]


def test_a_claim_without_a_citation_gets_its_own(check: CitationCheck) -> None:
    assert cited(check, "Ask your lead two weeks before you go.")[0][1] == "leave.md"


def test_what_no_passage_supports_is_marked(check: CitationCheck) -> None:
    found = check.check("The green card opens the night door [1]. Cake is free [1].", [KEYS, LEAVE])
    assert found.text.endswith(f"Cake is free. {UNSUPPORTED}")
    assert found.supported == 0.5


def test_what_no_passage_supports_is_dropped_where_that_is_set(check: CitationCheck) -> None:
    strict = replace(check, unsupported="drop")
    text = "The green card opens the night door [1]. Cake is free [1]."
    assert strict.check(text, [KEYS, LEAVE]).text == "The green card opens the night door. [1]"


def test_another_number_is_another_claim(check: CitationCheck) -> None:
    right = check.check("Everybody has 28 days of holiday a year [2].", [KEYS, LEAVE])
    wrong = check.check("Everybody has 14 days of holiday a year [2].", [KEYS, LEAVE])
    assert (right.supported, wrong.supported) == (1.0, 0.0)


def test_lists_keep_their_lines_and_their_introduction(check: CitationCheck) -> None:
    text = "There are two rules:\n\n- Ask your lead two weeks before [2].\n- Cake is free [2]."
    found = check.check(text, [KEYS, LEAVE])
    assert found.text.splitlines() == [
        "There are two rules:",
        "",
        "- Ask your lead two weeks before. [1]",
        f"- Cake is free. {UNSUPPORTED}",
    ]


@pytest.mark.parametrize("text", ["", "   ", "[1]", "# Heading"])
def test_a_text_that_claims_nothing_is_left_alone(check: CitationCheck, text: str) -> None:
    found = check.check(text, [KEYS, LEAVE])
    assert (found.citations, found.supported) == ((), 1.0)


def test_without_passages_nothing_is_supported(check: CitationCheck) -> None:
    found = check.check("The green card opens the night door [1].", [])
    assert (found.citations, found.supported) == ((), 0.0)
