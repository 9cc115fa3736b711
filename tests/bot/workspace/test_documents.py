"""A cited document can be read where the citation points."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from bot.workspace import Page, open_workspace
from bot.workspace.documents import render

MARS = Page("Mars & more", "## Colour\n\nIt is *red* <script>alert(1)</script>", "planets/mars.md")


def test_a_document_is_shown_with_its_title_and_path() -> None:
    with (
        open_workspace(0, read_document={"planets/mars.md": MARS}.get) as workspace,
        urllib.request.urlopen(f"{workspace.url}/docs/planets/mars.md") as answer,
    ):
        html = answer.read().decode()
    assert "<title>Mars &amp; more</title>" in html
    assert "<h1>Mars &amp; more</h1>" in html
    assert "planets / <b>mars.md</b>" in html
    assert "<h2>Colour</h2>" in html
    assert "<script>" not in html


def test_a_document_that_is_gone_says_so() -> None:
    with open_workspace(0) as workspace, pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{workspace.url}/docs/gone/%3Cb%3E.md")
    with error.value:
        html = error.value.read().decode()
    assert error.value.code == 404
    assert "There is no such document" in html
    assert "gone / <b>&lt;b&gt;.md</b>" in html


def test_a_document_with_its_own_heading_gets_no_second_one() -> None:
    assert render(Page("Mars", "# The red planet\n\nText", "mars.md")).count("<h1>") == 1


def test_a_document_is_readable_by_day_and_by_night() -> None:
    assert "prefers-color-scheme: dark" in render(MARS)
