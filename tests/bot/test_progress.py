"""Long work shows how far it is, on a terminal and in a log."""

from __future__ import annotations

import io

from rich.console import Console

from bot.progress import Lines, open_progress, showing
from knowledge.report import Progress


def test_a_log_gets_a_line_when_a_stage_begins_and_one_when_it_ends() -> None:
    out = io.StringIO()
    with open_progress(Console(file=out, width=80)) as show:
        show("reading", 0, 3)
        show("reading", 1, 3)
        show("reading", 3, 3)
        show("embedding", 0, 9)
    assert out.getvalue().splitlines() == [
        "Reading documents: 0 of 3",
        "Reading documents: 3 of 3",
        "Embedding passages: 0 of 9",
    ]


def test_a_log_hears_of_a_long_stage_every_five_seconds() -> None:
    out = io.StringIO()
    seconds = iter([0.0, 4.9, 5.0])
    lines = Lines(Console(file=out, width=80), clock=lambda: next(seconds))
    lines.show("reading", 0, 9)
    lines.show("reading", 1, 9)
    lines.show("reading", 2, 9)
    assert out.getvalue().splitlines() == ["Reading documents: 0 of 9", "Reading documents: 2 of 9"]


def test_stages_that_take_turns_do_not_fill_a_log() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=80), clock=lambda: 0.0)
    lines.show("reading", 32, 999)
    lines.show("embedding", 32, 999)
    lines.show("reading", 64, 999)
    lines.show("embedding", 64, 999)
    assert len(out.getvalue().splitlines()) == 2


def test_a_terminal_gets_a_bar_for_each_stage() -> None:
    out = io.StringIO()
    with open_progress(Console(file=out, width=80, force_terminal=True)) as show:
        show("reading", 3, 3)
        show("embedding", 4, 9)
    last_frame = out.getvalue().split("Reading documents")[-1]
    assert "━" in last_frame
    assert "3/3" in last_frame
    assert "Embedding passages" in last_frame
    assert "4/9" in last_frame


def test_a_reindex_shows_passages_rate_and_time_left() -> None:
    out = io.StringIO()
    with open_progress(Console(file=out, width=80)) as show:
        tell = showing(show)
        tell(Progress("reading", 9, 9, 40))
        tell(Progress("embedding", 4, 9, 1040, "wiki", 25.2, 61.0))
    assert out.getvalue().splitlines() == [
        "Reading documents: 9 of 9",
        "Embedding passages: 4 of 9, wiki, 1,040 passages, 25 a second, 2 min left",
    ]


def test_a_terminal_shows_the_pace_behind_its_bar() -> None:
    out = io.StringIO()
    with open_progress(Console(file=out, width=120, force_terminal=True)) as show:
        showing(show)(Progress("embedding", 4, 9, 40, "", 25.0, 30.0))
    assert "40 passages, 25 a second, 30 s left" in out.getvalue()
