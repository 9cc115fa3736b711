"""A citation opens the document at the quoted sentence."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.links import citation_uri, document_uri

PAGE = "https://docs.example/leave.md"


@pytest.mark.parametrize("base_url", ["https://docs.example", "https://docs.example/"])
def test_a_document_lies_below_the_base_url(base_url: str) -> None:
    assert document_uri(base_url, "hr/my leave.md") == "https://docs.example/hr/my%20leave.md"


def test_a_path_cannot_change_the_address() -> None:
    assert document_uri("https://docs.example", "a?b#c.md") == "https://docs.example/a%3Fb%23c.md"


def test_without_a_base_url_the_path_is_all_there_is() -> None:
    assert document_uri("", "hr/leave.md") == "hr/leave.md"
    assert citation_uri("hr/leave.md", "Ask your lead.") == "hr/leave.md"


def test_a_short_sentence_is_highlighted_whole() -> None:
    assert citation_uri(PAGE, "Ask your lead.") == f"{PAGE}#:~:text=Ask%20your%20lead."


def test_a_long_sentence_is_highlighted_from_its_first_words_to_its_last() -> None:
    sentence = "one two three four five six seven eight nine ten eleven"

    assert citation_uri(PAGE, sentence) == (
        f"{PAGE}#:~:text=one%20two%20three%20four%20five,seven%20eight%20nine%20ten%20eleven"
    )


def test_what_is_syntax_in_a_fragment_is_written_out() -> None:
    assert citation_uri(PAGE, "on-call, R&D") == f"{PAGE}#:~:text=on%2Dcall%2C%20R%26D"


def test_the_words_are_those_that_a_browser_shows() -> None:
    cited = citation_uri(PAGE, "**Ask** [your lead](https://lead.example).")

    assert cited == f"{PAGE}#:~:text=Ask%20your%20lead."


def test_a_pdf_opens_at_its_page() -> None:
    assert (
        citation_uri("https://docs.example/a.PDF", "Ask.", 3) == "https://docs.example/a.PDF#page=3"
    )


@given(st.text(), st.text(min_size=1))
def test_no_sentence_and_no_path_leads_to_another_site(sentence: str, path: str) -> None:
    address = citation_uri(document_uri("https://docs.example", path), sentence)

    assert urlsplit(address).netloc == "docs.example"
    assert address.isascii()
    assert unquote(urlsplit(address).path) == f"/{path}"
