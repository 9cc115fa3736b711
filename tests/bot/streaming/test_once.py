"""Exactly one answer stands in the thread, though workers are killed, stopped or told to stop."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import Any

import pytest

from bot.begun import EVENT_TYPE, WRITING
from bot.blocks import STOPPED
from bot.pace import Pace
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from db import feedback, inbox, interactions
from db.early_votes import Vote

from .conftest import CHANNEL, NOOR, PIECES, QUESTION, START, STOP, TEAM, UPDATE, Desk

ENDLESS = PIECES + (" and on",) * 1000


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is run, not even error handling."""


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("killed_after", [1, 3])
def test_a_worker_killed_in_mid_answer_leaves_one_answer(
    desk: Desk, native: bool, killed_after: int
) -> None:
    def killed() -> None:
        desk.seen(PIECES[killed_after - 1].strip())
        raise Killed

    desk.workspace.faults.fail(START, "unknown_method", times=0 if native else 1)
    desk.knowledge.when = {killed_after: killed}
    ts = desk.ask()
    with pytest.raises(Killed):
        desk.work_once()
    [begun] = desk.said(ts)
    assert begun.streaming is native
    desk.expire_leases()
    desk.knowledge.when = {2: lambda: desk.seen("Apollo 11 landed on")}
    desk.work_once()
    [message] = desk.said(ts)
    assert message.ts == begun.ts
    desk.check_whole(message)


@pytest.mark.parametrize("method", [STOP, UPDATE])
def test_a_worker_killed_in_the_last_call_leaves_one_answer(
    in_step: Desk, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = in_step.workers()
    client, name = type(workers.courier.client), method.replace(".", "_")
    original = getattr(client, name)

    def killed(*args: Any, **arguments: Any) -> None:
        original(*args, **arguments)
        raise Killed

    ts = in_step.ask()
    with monkeypatch.context() as patched:
        patched.setattr(client, name, killed)
        with pytest.raises(Killed):
            in_step.work_once(workers)
    in_step.expire_leases()
    in_step.work_once()
    [message] = in_step.said(ts)
    in_step.check_whole(message)
    assert len(in_step.knowledge.asked) == 1


def test_a_stopping_worker_hands_back_an_answer_that_is_half_seen(desk: Desk) -> None:
    answered = threading.Event()
    desk.knowledge.when = {1: lambda: desk.seen("Apollo 11"), 2: lambda: answered.wait(10)}
    ts = desk.ask()
    workers = desk.workers()
    workers.start()
    desk.seen("Apollo 11")
    assert not workers.stop(0.1)
    desk.knowledge.when = {}
    desk.work_until("done")
    answered.set()
    [message] = desk.said(ts)
    desk.check_whole(message)


def test_a_vote_on_an_answer_that_is_still_written_counts(desk: Desk) -> None:
    def voted() -> None:
        seen = desk.seen("Apollo 11")
        desk.lorebot.desk.rate_message(Vote(TEAM, CHANNEL, seen.ts, NOOR, 1))

    desk.knowledge.when = {2: voted}
    desk.answered()
    assert feedback.vote_of(desk.lorebot.database, str(desk.record().id), NOOR) == 1


def test_an_error_in_mid_answer_is_said_in_the_message_that_was_begun(desk: Desk) -> None:
    def fails() -> None:
        desk.seen("Apollo 11")
        raise ZeroDivisionError

    desk.knowledge.when = {1: fails}
    ts = desk.ask()
    desk.work_until("failed")
    [message] = desk.said(ts)
    assert "incident" in message.text
    assert WRITING not in json.dumps(message.blocks)


def test_a_question_deleted_in_mid_answer_ends_it(desk: Desk) -> None:
    def withdrawn() -> None:
        desk.seen("Apollo 11")
        assert inbox.withdraw(desk.lorebot.database, TEAM, CHANNEL, ts)

    desk.knowledge.pieces, desk.knowledge.piece_s = ENDLESS, 0.01
    desk.knowledge.when = {1: withdrawn}
    ts = desk.ask()
    workers = desk.workers()
    workers.lease = dt.timedelta(seconds=0.4)
    workers.start()
    desk.workspace.wait_for(lambda: not workers.in_hand and desk.status() == "dropped")
    assert interactions.count(desk.lorebot.database) == 0


def test_stop_ends_the_writing_and_keeps_what_was_said(desk: Desk) -> None:
    def stopped() -> None:
        desk.workspace.stop("noor", "#ask-lore", desk.seen("landed on").ts)

    desk.knowledge.pieces, desk.knowledge.piece_s = ENDLESS, 0.01
    desk.knowledge.when = {2: stopped}
    message = desk.answered()
    assert len(desk.record().answer) < 2000
    assert desk.record().answer.startswith("Apollo 11 landed on")
    assert STOPPED in json.dumps(message.blocks)
    assert message.blocks[-1]["type"] == "context_actions"
    assert message.metadata["event_type"] == EVENT_TYPE
    assert desk.count("agents.sessions.setStatus") == 1


def test_slacks_event_stops_an_answer_before_the_next_piece_is_sent(
    running: RunningBot, talk: Any, knowledge: Any, workspace: Workspace
) -> None:
    running.workers.pace = Pace(stream_s=60)
    knowledge.pieces, knowledge.piece_s = ENDLESS, 0.01
    ts = talk.ask(f"@lorebot {QUESTION}")
    [begun] = talk.answers(ts)
    workspace.stop("noor", "#ask-lore", begun.ts)
    workspace.wait_for(lambda: STOPPED in json.dumps(talk.said(ts)[0].blocks))
    assert talk.said(ts)[0].metadata["event_type"] == EVENT_TYPE


def test_a_stop_elsewhere_stops_nothing_here(desk: Desk) -> None:
    desk.knowledge.when = {2: lambda: desk.workspace.stop("noor", "#ask-lore", other.ts)}
    client = desk.workers().courier.client
    root = desk.workspace.post("noor", "#ask-lore", "elsewhere")
    to_noor = {"recipient_team_id": TEAM, "recipient_user_id": "U0NOORHADAD"}
    client.chat_startStream(channel=CHANNEL, thread_ts=root, markdown_text="x", **to_noor)
    [other] = desk.said(root)
    desk.check_whole(desk.answered())
