"""Which version is shown to whom: the live one, from the sources whose audience they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from db.engine import Database
from db.sources import keep_audiences, readable, shown_to
from db.versions import NewDocument

Make = Callable[..., NewDocument]


@pytest.mark.parametrize("labels", [None, ["public"]])
def test_before_the_first_reindex_no_version_is_shown(
    database: Database, labels: list[str] | None
) -> None:
    keep_audiences(database, {"wiki": ["public"]})
    with database.reading() as session:
        version, _ = shown_to(session, labels)
    assert version is None


def test_the_live_version_is_shown_from_the_sources_that_are_read(
    database: Database, document: Make, publish: Callable[..., int]
) -> None:
    publish(database, [document("a.md", "one")])
    live = publish(database, [replace(document("b.md", "two"), source="wiki")])
    keep_audiences(database, {"folder": ["public"], "wiki": ["C1", "C2"]})
    with database.reading() as session:
        everything = shown_to(session, None)
        public = shown_to(session, ["public"])
        nothing = shown_to(session, ["C9"])
        both = shown_to(session, ["public", "C2"])
        assert public == (live, readable(session, ["public"]))
    assert everything == both == (live, None)
    assert len(public[1] or ()) == 1
    assert nothing == (live, [])


def test_a_version_without_any_source_is_shown(
    database: Database, publish: Callable[..., int]
) -> None:
    live = publish(database, [])
    with database.reading() as session:
        assert shown_to(session, ["public"]) == (live, None)
