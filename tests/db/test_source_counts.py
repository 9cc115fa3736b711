"""What each source holds in the live version, and how it was last read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from db import jobs, source_counts
from db.engine import Database
from db.source_counts import LastRead, SourceCount
from db.sources import keep_audiences
from db.versions import NewDocument

Make = Callable[..., NewDocument]


def test_documents_and_passages_are_counted_by_source(
    database: Database, document: Make, publish: Callable[..., int]
) -> None:
    handbook = [document("a.md", "one", "two"), document("b.md", "three")]
    wiki = replace(document("a.md", "four"), source="wiki")
    publish(database, [*handbook, wiki])
    assert source_counts.count_by_source(database) == {
        "folder": SourceCount(2, 3),
        "wiki": SourceCount(1, 1),
    }


def test_only_the_live_version_counts(
    database: Database, document: Make, publish: Callable[..., int]
) -> None:
    publish(database, [document("a.md", "one")])
    publish(database, [document("b.md", "two", "three"), document("c.md")], removed=[1])
    assert source_counts.count_by_source(database) == {"folder": SourceCount(2, 2)}


def test_before_the_first_reindex_there_is_nothing(database: Database) -> None:
    assert source_counts.count_by_source(database) == {}
    assert source_counts.last_reads(database, "reindex", ["wiki"]) == {}


def ran(database: Database, *sources: dict[str, Any], error: str | None = None) -> None:
    claim = jobs.claim(database, "reindex", "w1")
    jobs.finish(database, claim, {"sources": sources}, error)


def test_the_last_run_that_had_a_source_tells_about_it(database: Database) -> None:
    ran(database, {"name": "wiki", "error": None}, {"name": "blog", "error": "It is away."})
    ran(database, {"name": "handbook", "error": None})
    reads = source_counts.last_reads(database, "reindex", ["wiki", "blog", "handbook", "new"])
    latest = jobs.latest(database, "reindex")
    assert latest is not None
    assert reads["handbook"] == LastRead(latest.finished_at, None)
    assert reads["blog"] == LastRead(None, "It is away.")
    assert reads["wiki"].read_at is not None
    assert reads["wiki"].read_at <= reads["handbook"].read_at
    assert "new" not in reads


def test_the_newest_error_stands_beside_the_last_time_it_was_read(database: Database) -> None:
    ran(database, {"name": "wiki", "error": None})
    first = jobs.latest(database, "reindex")
    ran(database, {"name": "wiki", "error": "earlier"}, error="KnowledgeUnusable: earlier")
    ran(database, {"name": "wiki", "error": "It is away."}, error="KnowledgeUnusable: away")
    assert first is not None
    assert source_counts.last_reads(database, "reindex", ["wiki"]) == {
        "wiki": LastRead(first.finished_at, "It is away.")
    }


def test_a_run_without_a_result_tells_nothing(database: Database) -> None:
    ran(database, {"name": "wiki"})
    claim = jobs.claim(database, "reindex", "w1")
    assert source_counts.last_reads(database, "reindex", ["wiki"])["wiki"].error is None
    jobs.finish(database, claim, None, error="its process ended")
    assert source_counts.last_reads(database, "reindex", ["wiki"])["wiki"].read_at is not None


@pytest.mark.parametrize("audience", [["public"], ["C1AAAAAAA", "U1AAAAAAA"]])
def test_audiences_are_told_as_they_are_kept(database: Database, audience: list[str]) -> None:
    keep_audiences(database, {"wiki": audience})
    assert source_counts.audiences(database) == {"wiki": tuple(audience)}
