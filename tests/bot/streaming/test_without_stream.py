"""When Slack refuses, limits or ends a stream, one message is changed instead; nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bot import live_message

from .conftest import APPEND, PIECES, POST, START, STOP, UPDATE, Desk


@pytest.mark.parametrize(
    "fault",
    [
        lambda faults: faults.fail(START, "unknown_method", times=9),
        lambda faults: faults.fail(START, "missing_recipient_user_id", times=9),
        lambda faults: faults.fail(START, "internal_error", times=9),
        lambda faults: faults.rate_limit(START, times=9, retry_after=30),
        lambda faults: faults.reset(START),
        lambda faults: faults.fail(APPEND, "message_not_in_streaming_state", times=9),
        lambda faults: faults.fail(APPEND, "unknown_method", times=9),
        lambda faults: faults.fail(APPEND, "internal_error"),
        lambda faults: faults.reset(APPEND),
    ],
)
def test_without_a_stream_one_message_is_changed_instead(
    in_step: Desk, fault: Callable[[Any], None]
) -> None:
    fault(in_step.workspace.faults)
    in_step.check_whole(in_step.answered())
    assert in_step.count(UPDATE) > 1


def test_a_limited_stream_is_gone_on_with_after_slacks_wait(desk: Desk) -> None:
    ended: list[float] = []
    desk.workspace.faults.rate_limit(APPEND, retry_after=1)
    desk.knowledge.when = {
        1: lambda: desk.seen("Apollo 11"),
        2: lambda: desk.workspace.wait_for(lambda: desk.count(APPEND)),
        4: lambda: ended.append(time.monotonic()),
        5: lambda: desk.seen("1969"),
    }
    desk.check_whole(desk.answered())
    assert time.monotonic() - ended[0] > 0.8


@pytest.mark.parametrize("method", [STOP, UPDATE])
def test_a_limit_on_the_last_call_is_waited_out(desk: Desk, method: str) -> None:
    desk.knowledge.when = {1: lambda: desk.seen("Apollo 11")}
    desk.workspace.faults.rate_limit(method, retry_after=1)
    ts = desk.ask()
    desk.work_until("done")
    [message] = desk.said(ts)
    desk.check_whole(message)


def test_when_nothing_can_be_shown_the_answer_is_posted_in_the_end(desk: Desk) -> None:
    desk.workspace.faults.fail(START, "unknown_method", times=9)
    desk.workspace.faults.fail(POST, "internal_error")
    desk.knowledge.when = {1: lambda: desk.workspace.wait_for(lambda: desk.count(POST))}
    desk.check_whole(desk.answered())


@pytest.mark.parametrize("method", [START, POST])
def test_a_message_that_came_about_unnoticed_becomes_the_answer(desk: Desk, method: str) -> None:
    desk.workspace.faults.fail(START, "unknown_method", times=int(method == POST))
    desk.workspace.faults.reset(method)
    desk.workspace.faults.fail("conversations.replies", "internal_error")
    desk.knowledge.when = {1: lambda: desk.seen("Apollo 11"), 2: lambda: time.sleep(0.2)}
    ts = desk.ask()
    desk.work_until("done")
    [message] = desk.said(ts)
    desk.check_whole(message)
    assert desk.count(START) == 1


def test_a_message_that_cannot_be_changed_is_replaced(desk: Desk) -> None:
    desk.knowledge.when = {2: lambda: desk.seen("Apollo 11")}
    desk.workspace.faults.fail(UPDATE, "edit_window_closed")
    desk.check_whole(desk.answered())
    assert desk.count("chat.delete") == 1


def test_before_slack_ends_a_stream_it_goes_on_as_a_message_that_is_changed(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_message, "ROLL_OVER_S", 0.0)
    in_step.check_whole(in_step.answered())
    assert (in_step.count(START), in_step.count(APPEND)) == (1, 0)
    assert in_step.count(UPDATE) == len(PIECES)


def test_once_slack_knows_no_streams_they_are_not_tried_again(in_step: Desk) -> None:
    in_step.workspace.faults.fail(START, "unknown_method", times=9)
    workers = in_step.workers()
    in_step.ask()
    in_step.work_once(workers)
    in_step.ask()
    in_step.work_once(workers)
    assert in_step.count(START) == 1
