"""A language model's answer is seen while it is written, and ends as it would have been posted."""

from __future__ import annotations

import json
import time

import pytest

from bot.pace import Pace

from .conftest import APPEND, NOOR, PIECES, POST, START, STATUS, STOP, TEAM, UPDATE, Desk

HOSTILE = ("<", "!chan", "nel> <@U0NO", "ORHADAD> [x](htt", "ps://evil.example) www", ".evil.de")


def test_an_answer_is_streamed_and_ends_as_it_would_have_been_posted(in_step: Desk) -> None:
    in_step.check_whole(in_step.answered())
    assert in_step.count(START) == 1
    assert in_step.count(APPEND) == len(PIECES) - 1
    assert in_step.count(POST) == 0


def test_a_stream_names_its_reader_and_what_is_read(in_step: Desk) -> None:
    in_step.answered()
    args = in_step.workspace.calls(START)[0].args
    heading, first = args["chunks"]
    assert (args["recipient_user_id"], args["recipient_team_id"]) == (NOOR, TEAM)
    assert "Saturn V › Facts · Apollo 11 › Facts" in json.dumps(heading, ensure_ascii=False)
    assert first == {"type": "markdown_text", "text": PIECES[0]}


def test_the_stream_is_stopped_with_the_sources_and_the_buttons(in_step: Desk) -> None:
    in_step.answered()
    blocks = in_step.workspace.calls(STOP)[0].args["blocks"]
    assert [block["type"] for block in blocks] == ["context", "context_actions"]


def test_the_checked_text_replaces_what_was_streamed(in_step: Desk) -> None:
    in_step.knowledge.checked = "Apollo 11 landed in 1969. [1]"
    message = in_step.answered()
    in_step.check_whole(message)
    assert "20 July" not in json.dumps(message.blocks[0])


def test_a_quoted_answer_is_posted_whole(desk: Desk) -> None:
    desk.knowledge.pieces = ()
    desk.check_whole(desk.answered())
    assert (desk.count(START), desk.count(POST), desk.count(UPDATE)) == (0, 1, 0)


def test_the_status_says_what_is_read_before_anything_is_written(desk: Desk) -> None:
    desk.knowledge.pieces = ("", *PIECES)
    desk.knowledge.when = {1: lambda: desk.workspace.wait_for(lambda: desk.count(STATUS) > 1)}
    began = time.monotonic()
    desk.answered()
    shown = [call.args["status"] for call in desk.workspace.calls(STATUS)]
    assert shown == ["is reading the documents…", "is reading Saturn V › Facts…"]
    assert time.monotonic() - began >= 1


def test_writing_does_not_wait_for_slack(desk: Desk) -> None:
    desk.workspace.faults.slow(START, seconds=2)
    desk.knowledge.pieces = PIECES * 20
    appended: list[int] = []
    desk.knowledge.when = {100: lambda: appended.append(desk.count(APPEND))}
    desk.answered()
    assert appended == [0]
    assert desk.count(START) == 1


def test_a_long_answer_is_split_and_the_stream_keeps_under_the_limit(desk: Desk) -> None:
    desk.knowledge.pieces = (*PIECES, *("word " * 400 + "\n\n" for _ in range(9)))
    desk.knowledge.when = {9: lambda: desk.workspace.wait_for(lambda: streamed(desk) > 5_000)}
    ts = desk.ask()
    desk.work_once()
    assert [m.metadata["event_payload"]["part"] for m in desk.said(ts) if m.metadata] == [0, 1]
    assert streamed(desk) < 12_500


def streamed(desk: Desk) -> int:
    """Characters that have been sent to streams."""
    return len(json.dumps([call.args for m in (START, APPEND) for call in desk.workspace.calls(m)]))


@pytest.mark.parametrize("native", [True, False])
def test_what_is_shown_meanwhile_is_harmless_too(desk: Desk, native: bool) -> None:
    desk.workspace.faults.fail(START, "unknown_method", times=0 if native else 1)
    desk.knowledge.pieces = HOSTILE
    desk.knowledge.piece_s = 0.05
    message = desk.answered()
    sent = [c.args for m in (START, APPEND, POST, UPDATE) for c in desk.workspace.calls(m)]
    shown = json.dumps(sent, ensure_ascii=False)
    assert len(sent) > 2
    assert "<!" not in shown
    assert "<@" not in shown
    assert "](http" not in shown
    assert "www.evil" not in shown.replace("`www.evil", "")
    desk.check_whole(message)


def test_a_notice_stands_under_the_answer(desk: Desk) -> None:
    desk.knowledge.notice = "The language model could not be reached."
    message = desk.answered()
    assert message.blocks[1]["elements"][0]["text"] == "The language model could not be reached."


def test_many_answers_share_slacks_limits() -> None:
    pace = Pace()
    with pace.one_more(), pace.one_more(), pace.one_more():
        assert pace.gap(streaming=True) * pace.appends >= 3 * 60
        assert pace.gap(streaming=False) * pace.updates >= 3 * 60
    assert pace.gap(streaming=True) == pace.stream_s
