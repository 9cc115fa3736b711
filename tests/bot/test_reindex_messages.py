"""What Slack and the command line say of a reindex: how far it is, and what it has done."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.cli_show import show_report
from bot.views import duration, progress_message, summary_message
from knowledge.documents import Skipped
from knowledge.report import Progress, ReindexReport, SourceReport

EMPTY = tuple(Skipped(f"{n}.md", "is empty") for n in range(40))
WIKI = SourceReport("wiki", added=2, passages=5, skipped=(*EMPTY, Skipped("a.pdf", "is damaged")))
GIT = SourceReport("git", unchanged=7)
SHOP = SourceReport("shop", error="The <shop> does not answer; try again later.")
REPORT = ReindexReport(3, (WIKI, GIT, SHOP), {"scan": 0.5, "embed": 1.0, "total": 1.2})


def shown(report: ReindexReport) -> list[str]:
    out = io.StringIO()
    show_report(report, Console(file=out, width=80))
    return out.getvalue().splitlines()


def test_progress_tells_source_passages_rate_and_time_left() -> None:
    message = progress_message(Progress("embedding", 1, 2, 1500, "wiki", 24.6, 150.0))
    assert message.text.endswith("1 of 2 · wiki, 1,500 passages, 25 a second, 3 min left")


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.2, "1 s"), (59, "59 s"), (61, "2 min"), (3700, "1 h 2 min")]
)
def test_the_time_left_is_rounded_up(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_slack_hears_of_every_source_of_errors_and_of_files_by_reason() -> None:
    blocks = str(summary_message(REPORT).blocks)

    assert "wiki: 2 added, 41 skipped, 0 unchanged" in blocks
    assert "git: Nothing new, 7 unchanged" in blocks
    assert ":warning: shop: The &lt;shop&gt; does not answer" in blocks
    assert "40 files (0.md, 1.md, 2.md, …): is empty" in blocks
    assert "a.pdf: is damaged" in blocks


def test_a_summary_never_has_more_blocks_than_a_message_may() -> None:
    skipped = tuple(Skipped(f"{n}.md", f"has {n} faults") for n in range(99))
    sources = [SourceReport(f"s{n}", added=1, skipped=skipped) for n in range(30)]
    down = [SourceReport(f"d{n}", error="It is down.") for n in range(30)]

    assert len(summary_message(ReindexReport(3, (*sources, *down))).blocks) <= 50


def test_the_command_line_has_stages_warnings_and_files_by_reason() -> None:
    assert shown(REPORT) == [
        "2 added, 41 skipped; 7 unchanged, 1.2 s.",
        "  wiki: 2 added, 41 skipped, 0 unchanged",
        "  git: Nothing new, 7 unchanged",
        "  scan 0.5 s, embed 1.0 s",
        "warning: shop: The <shop> does not answer; try again later.",
        "skipped 40 files (0.md, 1.md, 2.md, …): is empty",
        "skipped a.pdf: is damaged",
    ]


def test_where_nothing_was_new_one_line_says_so() -> None:
    quiet = SourceReport("documents", unchanged=3)
    assert shown(ReindexReport(3, (quiet,), {"scan": 0.1, "total": 0.1})) == [
        "Nothing new; 3 unchanged, 0.1 s."
    ]
