"""The sample knowledge is complete, and every question of it can be trusted."""

import functools
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mammoth
import pypdfium2
import pytest
from bs4 import BeautifulSoup

from finetune.split import normalise_question, split_of

Row = dict[str, Any]

SAMPLE = Path(__file__).parents[2] / "knowledge" / "sample"
DOCS = SAMPLE / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*") if path.is_file())
LINES = (SAMPLE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
ROWS: list[Row] = [json.loads(line) for line in LINES]
ANSWERABLE = [row for row in ROWS if row["answerable"]]
UNANSWERABLE = [row for row in ROWS if not row["answerable"]]
FIELDS = {
    "id",
    "question",
    "answers",
    "passage_ids",
    "answerable",
    "lang",
    "source",
    "split",
    "meta",
}


def text_of_html(html: str) -> str:
    return BeautifulSoup(html, "lxml").get_text(" ")


def text_of_pdf(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as pdf:
        return " ".join(page.get_textpage().get_text_range() for page in pdf)


def text_of_docx(path: Path) -> str:
    with path.open("rb") as file:
        return text_of_html(mammoth.convert_to_html(file).value)


TEXT_OF: dict[str, Callable[[Path], str]] = {
    ".md": lambda path: path.read_text(encoding="utf-8"),
    ".html": lambda path: text_of_html(path.read_text(encoding="utf-8")),
    ".pdf": text_of_pdf,
    ".docx": text_of_docx,
}


@functools.cache
def text_of(page: str) -> str:
    """Return the text of a page with every run of white space as one space."""
    path = DOCS / page
    return " ".join(TEXT_OF[path.suffix](path).split())


def ids_where(wrong: Callable[[Row], bool]) -> list[str]:
    return [row["id"] for row in ROWS if wrong(row)]


def normalised(split: str) -> set[str]:
    return {normalise_question(row["question"]) for row in ROWS if row["split"] == split}


def test_there_are_enough_pages_of_every_format() -> None:
    formats = Counter(Path(page).suffix for page in PAGES)

    assert formats.keys() == TEXT_OF.keys()
    assert formats.total() >= 44
    assert formats[".md"] >= 28
    assert formats[".html"] >= 8
    assert min(formats[".pdf"], formats[".docx"]) >= 5


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small_and_worth_reading(page: str) -> None:
    assert (DOCS / page).stat().st_size < 60_000
    assert 300 <= len(text_of(page).split()) <= 700


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith(".pdf")])
def test_a_pdf_has_several_pages(page: str) -> None:
    with pypdfium2.PdfDocument(DOCS / page) as pdf:
        assert 2 <= len(pdf) <= 4


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith(".html")])
def test_an_html_page_has_what_web_pages_have(page: str) -> None:
    soup = BeautifulSoup((DOCS / page).read_text(encoding="utf-8"), "lxml")

    assert all(soup.find(tag) for tag in ("title", "nav", "main", "h1", "table", "footer"))


def test_there_are_enough_questions_of_both_kinds() -> None:
    assert len(ANSWERABLE) >= 215
    assert len(UNANSWERABLE) >= 30


def test_every_row_has_every_field() -> None:
    assert ids_where(lambda row: row.keys() != FIELDS) == []
    assert ids_where(lambda row: row["meta"].keys() != {"paths", "evidence"}) == []
    assert ids_where(lambda row: row["question"].split() == []) == []
    assert ids_where(lambda row: row["passage_ids"] != []) == []
    assert ids_where(lambda row: (row["lang"], row["source"]) != ("en", "space_sample")) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_evidence_of_every_answer_is_on_the_page(page: str) -> None:
    evidence = [row["meta"]["evidence"] for row in ANSWERABLE if row["meta"]["paths"][0] == page]

    assert evidence != []
    assert [sentence for sentence in evidence if sentence not in text_of(page)] == []


def test_every_answerable_question_has_its_answer_in_the_evidence() -> None:
    assert {bool(row["answers"] and row["answers"][0]) for row in ANSWERABLE} == {True}
    assert [row for row in ANSWERABLE if row["answers"][0] not in row["meta"]["evidence"]] == []


def test_an_unanswerable_question_names_no_answer_and_no_page() -> None:
    assert [row for row in UNANSWERABLE if row["answers"]] == []
    assert [row for row in UNANSWERABLE if row["meta"] != {"paths": [], "evidence": ""}] == []


def test_the_split_follows_from_the_question() -> None:
    assert ids_where(lambda row: row["split"] != split_of(row["question"])) == []


def test_ids_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_no_question_is_asked_twice() -> None:
    counts = Counter(normalise_question(row["question"]) for row in ROWS)

    assert [question for question, times in counts.items() if times > 1] == []


def test_no_question_is_in_both_splits() -> None:
    assert normalised("train").isdisjoint(normalised("validation"))


def test_both_splits_hold_questions_of_both_kinds() -> None:
    sizes = Counter((row["split"], row["answerable"]) for row in ROWS)

    assert sizes["train", True] >= 150
    assert sizes["validation", True] >= 40
    assert min(sizes["train", False], sizes["validation", False]) >= 5


def test_every_page_is_asked_about_and_every_named_page_exists() -> None:
    named = {path for row in ROWS for path in row["meta"]["paths"]}

    assert named == set(PAGES)
