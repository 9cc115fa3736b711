"""A report says what is new in one line, in one for each source, and in full as JSON."""

from __future__ import annotations

import json

from knowledge.documents import Skipped
from knowledge.report import ReindexReport, SourceReport, grouped

EMPTY = [Skipped(f"{n}.md", "is empty") for n in range(5)]
BROKEN = Skipped("a.pdf", "is damaged")

WIKI = SourceReport("wiki", added=2, unchanged=1200, passages=9, skipped=(BROKEN,))
SHOP = SourceReport("shop", error="There is no folder.")
ANSWERS = SourceReport("answers")


def test_the_summary_is_of_all_sources_and_of_the_whole_time() -> None:
    seconds = {"scan": 1.0, "read": 2.0, "embed": 2.5, "total": 3.0}
    report = ReindexReport(7, (WIKI, SourceReport("extra", moved=1)), seconds)

    assert report.summary() == "2 added, 1 moved, 1 skipped; 1,200 unchanged, 3.0 s."
    assert report.stages() == "scan 1.0 s, read 2.0 s, embed 2.5 s"


def test_nothing_new_is_said_so() -> None:
    report = ReindexReport(7, (SourceReport("wiki", unchanged=3),), {"total": 0.2})
    assert report.summary() == "Nothing new; 3 unchanged, 0.2 s."


def test_each_source_has_a_line_where_several_hold_something() -> None:
    other = SourceReport("git", unchanged=4)
    assert ReindexReport(7, (WIKI, SHOP, other, ANSWERS)).by_source() == [
        "wiki: 2 added, 1 skipped, 1,200 unchanged",
        "git: Nothing new, 4 unchanged",
    ]
    assert ReindexReport(7, (WIKI, SHOP, ANSWERS)).by_source() == []


def test_a_source_that_could_not_be_read_is_an_error_under_its_name() -> None:
    assert ReindexReport(7, (WIKI, SHOP)).errors == ("shop: There is no folder.",)


def test_many_files_of_one_reason_are_told_together() -> None:
    assert grouped([EMPTY[0], BROKEN, *EMPTY[1:]]) == [
        ("5 files (0.md, 1.md, 2.md, …)", "is empty"),
        ("a.pdf", "is damaged"),
    ]


def test_a_few_files_of_one_reason_are_told_one_by_one() -> None:
    assert grouped(EMPTY[:3]) == [(f"{n}.md", "is empty") for n in range(3)]


def test_as_json_it_has_every_file_that_was_left_out() -> None:
    report = ReindexReport(7, (WIKI, SHOP), {"total": 1.0}, needed_bytes=5)
    values = json.loads(json.dumps(report.as_json()))

    assert values["skipped"] == [{"path": "a.pdf", "reason": "is damaged", "later": False}]
    assert (values["added"], values["unchanged"], values["needed_bytes"]) == (2, 1200, 5)
    assert values["errors"] == ["shop: There is no folder."]
    assert [source["name"] for source in values["sources"]] == ["wiki", "shop"]
