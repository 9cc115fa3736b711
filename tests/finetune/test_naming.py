"""People name a document by title, path or address; where it could be two, none is taken."""

from __future__ import annotations

import pytest

from db.documents import LiveDocument
from finetune.naming import named_documents

BASE = {"handbook": "https://docs.example/handbook"}


def document(
    number: int, path: str, title: str, source: str = "handbook", uri: str = ""
) -> LiveDocument:
    return LiveDocument(number, source, path, title, uri, 1)


DOCUMENTS = [
    document(1, "hr/leave.md", "Leave and holidays"),
    document(2, "hr/keys.md", "Keys and doors"),
    document(3, "it/keys.md", "Signing keys"),
    document(4, "wiki-7", "Parking", "wiki", "https://wiki.example/x/7?pageId=7"),
    document(5, "set:guide/start.md#0", "Getting started", "passages"),
    document(6, "set:guide/start.md#1", "Getting started > First day", "passages"),
    document(7, "zh/食堂.md", "食堂"),
]


def named(name: str) -> list[int]:
    return [one.id for one in named_documents(name, DOCUMENTS, BASE)]


@pytest.mark.parametrize(
    "name",
    [
        "hr/leave.md",
        "leave.md",
        "Leave",
        "/HR/Leave",
        "it's in hr/leave.md, I think",
        "see leave.md.",
        "https://docs.example/handbook/hr/leave.md",
        "https://docs.example/handbook/hr/leave.md#:~:text=28%20days",
        "<https://docs.example/handbook/hr/leave.md|the page>",
        "look at https://docs.example/handbook/hr/leave/?from=slack.",
        "https://github.com/example/handbook/blob/main/hr/leave.md",
        "Leave and holidays",
        "leave & Holidays",
        "the Leave and holidays",
    ],
)
def test_a_document_is_found_as_people_write_it(name: str) -> None:
    assert named(name) == [1]


def test_an_address_of_its_own_is_known() -> None:
    assert named("<https://wiki.example/x/7>") == [4]


def test_a_title_in_another_script_is_known() -> None:
    assert named("食堂") == [7]


@pytest.mark.parametrize("name", ["guide/start.md", "guide/start", "set:guide/start.md#1"])
def test_all_ready_passages_of_a_page_are_the_page(name: str) -> None:
    assert named(name) == [5, 6]


@pytest.mark.parametrize(
    "name",
    ["keys.md", "keys", "the wiki", "", "?", "https://docs.example/handbook", "ask Mary", "md"],
)
def test_what_could_be_two_or_none_is_none(name: str) -> None:
    assert named(name) == []


def test_a_name_of_many_signs_takes_no_time() -> None:
    assert named("a.b/" * 20_000) == []
