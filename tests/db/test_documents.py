"""Only what the live version shows is compared with what people say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db.documents import (
    LivePassage,
    live_documents,
    passages_by_id,
    passages_of,
    read_by_all,
    texts_at,
)
from db.engine import Database
from db.sources import keep_audiences


@pytest.fixture
def ids(
    database: Database, document: Callable[..., Any], publish: Callable[..., int]
) -> dict[str, int]:
    """Of the documents that are live; old.md is no longer, and a.md has changed."""
    publish(database, [document("a.md", "first words"), document("old.md", "gone")])
    with database.reading() as session:
        before = [one.id for one in live_documents(session)]
    publish(
        database, [document("a.md", "the new card", "is green", heading="Cards")], removed=before
    )
    with database.reading() as session:
        return {one.path: one.id for one in live_documents(session)}


def read(database: Database, *document_ids: int) -> list[LivePassage]:
    with database.reading() as session:
        return passages_of(session, document_ids)


def test_documents_of_older_versions_are_not_live(database: Database, ids: dict[str, int]) -> None:
    with database.reading() as session:
        (found,) = live_documents(session)
    assert (found.path, found.title, found.source, found.added_in) == ("a.md", "a", "folder", 2)


def test_passages_come_in_the_order_of_the_text(database: Database, ids: dict[str, int]) -> None:
    first, second = read(database, ids["a.md"])
    assert (first.text, second.text) == ("the new card", "is green")
    assert first.terms == {"card", "the", "new"}
    assert (first.heading, first.vector.shape) == ("Cards", (4,))
    assert first.document.id == ids["a.md"]
    assert first.source_id == second.source_id > 0


def test_passages_of_older_versions_are_not_found(database: Database, ids: dict[str, int]) -> None:
    assert read(database, ids["a.md"] - 1) == []
    known = read(database, ids["a.md"])
    with database.reading() as session:
        found = passages_by_id(session, [1, known[0].id])
    assert found == {known[0].id: known[0]}


def test_texts_are_found_by_path(database: Database, ids: dict[str, int]) -> None:
    with database.reading() as session:
        assert texts_at(session, {"a.md", "old.md"}) == {"a.md": ["the new card\nis green"]}


def test_before_the_first_reindex_there_is_nothing(database: Database) -> None:
    with database.reading() as session:
        assert live_documents(session) == []
        assert passages_of(session, [1]) == []


@pytest.mark.parametrize(
    ("audience", "expected"), [(["public"], {"a.md"}), (["C1"], set()), ([], set())]
)
def test_only_what_everybody_may_read_is_read_by_all(
    database: Database, ids: dict[str, int], audience: list[str], expected: set[str]
) -> None:
    keep_audiences(database, {"folder": audience, "other": ["public"]})
    with database.reading() as session:
        assert read_by_all(session, {"a.md", "old.md", "unknown.md"}) == expected
