"""Exactly one visible answer, whatever Slack, the database or a killed worker does in between."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import HttpRequest, RetryState
from slack_sdk.web import SlackResponse
from sqlalchemy import event, text

from bot.app import build_client
from bot.blocks import Message
from bot.delivery import (
    Courier,
    RateLimited,
    Refused,
    RepeatReadsOnly,
    Uncertain,
    called,
)
from bot.inbox import Question
from bot.lorebot import Lorebot
from bot.serve import RunningBot
from bot.workers import Workers
from bot.workspace.facade import Workspace
from db import inbox, interactions

TEAM = "T0ORBITDESK"
ANSWER = "Apollo 11 landed on the Moon on 20 July 1969. [1]"
QUESTION = "when was the Apollo landing?"


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is run, not even error handling."""


@dataclass(frozen=True)
class DyingCourier(Courier):
    """Dies at its n-th step."""

    dies: Callable[[str], None] = lambda step: None

    def is_aside(self, question: Question) -> bool:
        self.dies("before asking")
        return super().is_aside(question)

    def post(self, question: Question, message: Message, payload: dict[str, Any]) -> str:
        self.dies("before posting")
        ts = super().post(question, message, payload)
        self.dies("after posting")
        return ts


@dataclass
class Office:
    """Workers on a workspace without any listener; events are put into the inbox by hand."""

    lorebot: Lorebot
    workspace: Workspace
    opened: list[Workers] = field(default_factory=list)

    def courier(self, dies: Callable[[str], None] = lambda step: None) -> Courier:
        client = build_client(self.workspace.bot_token, self.workspace.api_url)
        return DyingCourier(client, client, dies)

    def workers(self, dies: Callable[[str], None] = lambda step: None) -> Workers:
        made = Workers(
            self.lorebot.database,
            self.lorebot.desk,
            self.courier(dies),
            "workspace",
            count=1,
            lease=dt.timedelta(seconds=0.4),
            poll_s=0.05,
            pause_s=0.05,
        )
        self.opened.append(made)
        return made

    def store(self, words: str = QUESTION) -> str:
        """A question, in the workspace and in the inbox."""
        ts = self.workspace.post("noor", "#ask-lore", words)
        bot = self.workspace.bot_user
        question = Question(TEAM, "C0ASKLORE00", ts, ts, "U0NOORHADAD", words, bot)
        event = inbox.NewEvent(f"Ev{ts}", TEAM, "C0ASKLORE00", ts, asdict(question))
        assert inbox.receive(self.lorebot.database, event)
        return ts

    def work_once(self, workers: Workers) -> None:
        item = inbox.claim(self.lorebot.database, workers.owner, workers.lease)
        assert item is not None
        workers.work(item)

    def said(self, ts: str) -> list[str]:
        return [m.text for m in self.workspace.messages("#ask-lore", ts)]

    def column(self, name: str) -> list[Any]:
        with self.lorebot.database.reading() as session:
            query = text(f"SELECT {name} FROM inbox ORDER BY id")
            return [row[0] for row in session.execute(query)]

    def expire_leases(self) -> None:
        with self.lorebot.database.writing() as session:
            session.execute(text("UPDATE inbox SET lease_until = '2000-01-01 00:00:00'"))


@pytest.fixture
def office(lorebot: Lorebot, workspace: Workspace) -> Iterator[Office]:
    made = Office(lorebot, workspace)
    yield made
    assert [workers.stop(5) for workers in made.opened]


def dying_at(step: str) -> Callable[[str], None]:
    def dies(now: str) -> None:
        if now == step:
            raise Killed

    return dies


@pytest.mark.parametrize("step", ["before asking", "before posting", "after posting"])
def test_a_worker_killed_at_any_step_leaves_one_answer(office: Office, step: str) -> None:
    ts = office.store()
    with pytest.raises(Killed):
        office.work_once(office.workers(dying_at(step)))
    office.expire_leases()
    office.work_once(office.workers())
    assert office.said(ts) == [ANSWER]
    [stored] = interactions.recent_of(office.lorebot.database, TEAM, "U0NOORHADAD", 5)
    assert stored.answer_ts == office.workspace.messages("#ask-lore", ts)[0].ts
    assert office.column("status") == ["done"]


def test_a_worker_killed_before_closing_the_event_does_not_answer_again(office: Office) -> None:
    ts = office.store()
    office.work_once(office.workers())
    with office.lorebot.database.writing() as session:
        session.execute(text("UPDATE inbox SET status = 'working'"))
    office.expire_leases()
    office.work_once(office.workers())
    assert office.said(ts) == [ANSWER]
    assert len(office.workspace.calls("chat.postMessage")) == 1


def test_the_model_is_asked_once_however_often_posting_fails(
    office: Office, knowledge: Any
) -> None:
    office.store()
    with pytest.raises(Killed):
        office.work_once(office.workers(dying_at("before posting")))
    office.expire_leases()
    office.work_once(office.workers())
    assert len(knowledge.asked) == 1


def test_a_long_answer_is_completed_after_a_kill(office: Office, knowledge: Any) -> None:
    knowledge.documents = {"long.md": "Apollo: " + ("word " * 500 + "\n\n") * 9 + "end."}
    ts = office.store()
    posted: list[str] = []

    def dies(step: str) -> None:
        posted.append(step)
        if posted.count("after posting") == 1:
            raise Killed

    with pytest.raises(Killed):
        office.work_once(office.workers(dies))
    office.expire_leases()
    office.work_once(office.workers())
    messages = office.workspace.messages("#ask-lore", ts)
    parts = [message.metadata["event_payload"]["part"] for message in messages]
    assert parts == list(range(len(parts)))
    assert len(parts) > 1


def test_a_refusal_is_said_once_though_its_worker_was_killed(office: Office) -> None:
    ts = office.store("?!")
    with pytest.raises(Killed):
        office.work_once(office.workers(dying_at("after posting")))
    office.expire_leases()
    office.work_once(office.workers())
    assert len(office.said(ts)) == 1


def test_a_connection_cut_after_slack_took_the_answer_makes_no_second_one(office: Office) -> None:
    office.workspace.faults.reset("chat.postMessage")
    ts = office.store()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert office.said(ts) == [ANSWER]
    assert len(office.workspace.calls("chat.postMessage")) == 1


def test_a_temporary_error_is_tried_again(office: Office) -> None:
    office.workspace.faults.fail("chat.postMessage", "internal_error", times=2)
    ts = office.store()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert office.said(ts) == [ANSWER]
    assert office.column("attempt") == [3]


def test_a_rate_limit_is_waited_out(office: Office) -> None:
    office.workspace.faults.rate_limit("chat.postMessage", retry_after=1)
    ts = office.store()
    began = time.monotonic()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert time.monotonic() - began >= 1
    assert office.said(ts) == [ANSWER]
    assert len(office.workspace.calls("chat.postMessage")) == 2


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "token_revoked"])
def test_a_permanent_error_takes_one_call(office: Office, code: str) -> None:
    office.workspace.faults.fail("chat.postMessage", code, times=9)
    office.store()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["failed"])
    assert office.column("error") == [code]
    assert len(office.workspace.calls("chat.postMessage")) == 1


def test_when_trouble_does_not_end_the_event_does(office: Office) -> None:
    office.workspace.faults.fail("chat.postMessage", "internal_error", times=99)
    office.store()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["failed"], timeout=15)
    assert office.column("attempt") == [inbox.MAX_ATTEMPTS]


def test_an_unforeseen_error_is_tried_again_and_then_told_without_details(
    office: Office, knowledge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    knowledge.error = ZeroDivisionError("at /secret/path")
    ts = office.store()
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["failed"])
    [sentence] = office.said(ts)
    assert "secret" not in sentence
    incident = sentence.rstrip(".").rsplit(" ", 1)[1]
    assert f"incident {incident}" in caplog.text
    assert len(knowledge.asked) == 3


def test_a_passing_error_is_not_noticed(office: Office, knowledge: Any) -> None:
    knowledge.error = ZeroDivisionError()
    ts = office.store()
    workers = office.workers()
    office.work_once(workers)
    knowledge.error = None
    workers.start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert office.said(ts) == [ANSWER]


def test_long_work_keeps_its_lease(office: Office, knowledge: Any) -> None:
    knowledge.delay_s = 2.5
    ts = office.store()
    first, second = office.workers(), office.workers()
    # Long enough that a machine that is busy elsewhere does not keep the beats away.
    first.lease = second.lease = dt.timedelta(seconds=1.6)
    first.start()
    second.start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert len(knowledge.asked) == 1
    assert office.said(ts) == [ANSWER]


def test_a_worker_that_lost_its_lease_does_not_post(office: Office, knowledge: Any) -> None:
    knowledge.delay_s = 0.8
    ts = office.store()
    sleepy, awake = office.workers(), office.workers()
    awake.owner = "another"
    item = inbox.claim(office.lorebot.database, sleepy.owner, sleepy.lease)
    assert item is not None
    office.expire_leases()
    assert inbox.claim(office.lorebot.database, awake.owner, awake.lease)
    sleepy.work(item)
    assert office.said(ts) == []


def test_a_deleted_question_is_not_answered(office: Office) -> None:
    ts = office.store()
    workers = office.workers()
    item = inbox.claim(office.lorebot.database, workers.owner, workers.lease)
    assert item is not None
    assert inbox.withdraw(office.lorebot.database, TEAM, "C0ASKLORE00", ts)
    workers.work(item)
    assert office.said(ts) == []
    assert office.column("status") == ["dropped"]


def test_stopping_finishes_what_is_in_hand(office: Office, knowledge: Any) -> None:
    knowledge.delay_s = 0.4
    ts = office.store()
    workers = office.workers()
    workers.start()
    office.workspace.wait_for(lambda: knowledge.asked)
    assert workers.stop(5)
    assert office.said(ts) == [ANSWER]


def test_stopping_hands_back_what_takes_too_long(office: Office, knowledge: Any) -> None:
    knowledge.delay_s = 1.0
    ts = office.store()
    workers = office.workers()
    workers.start()
    office.workspace.wait_for(lambda: knowledge.asked)
    assert not workers.stop(0.1)
    assert office.column("status") == ["waiting"]
    knowledge.delay_s = 0.0
    office.workers().start()
    office.workspace.wait_for(lambda: office.column("status") == ["done"])
    assert office.said(ts) == [ANSWER]


def test_workers_wake_at_once(running: RunningBot, talk: Any) -> None:
    running.workers.poll_s = 30.0
    talk.answered()
    began = time.monotonic()
    talk.answered()
    assert time.monotonic() - began < running.workers.poll_s / 2


def test_an_idle_worker_only_reads(office: Office) -> None:
    statements: list[str] = []

    @event.listens_for(office.lorebot.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(" ".join(statement.split()[:2]))

    assert office.workers().next_item() is None
    assert set(statements) == {"BEGIN DEFERRED", "SELECT inbox.id", "SELECT strftime(?,"}


def test_workers_outlive_a_database_that_was_away(office: Office) -> None:
    rename(office, "inbox", "inbox_away")
    workers = office.workers()
    workers.start()
    time.sleep(0.3)
    rename(office, "inbox_away", "inbox")
    ts = office.store()
    office.workspace.wait_for(lambda: office.said(ts))
    assert office.said(ts) == [ANSWER]


def rename(office: Office, old: str, new: str) -> None:
    with office.lorebot.database.writing() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def answered(status: int, headers: dict[str, str], **data: Any) -> SlackResponse:
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers,
        status_code=status,
    )


@pytest.mark.parametrize(
    ("status", "headers", "code", "kind"),
    [
        (429, {"Retry-After": "7"}, "ratelimited", RateLimited),
        (200, {}, "ratelimited", RateLimited),
        (500, {}, "", Uncertain),
        (503, {}, "Received a response in a non-JSON format: <html>", Uncertain),
        (200, {}, "Received a response in a non-JSON format: {", Uncertain),
        (200, {}, "internal_error", Uncertain),
        (200, {}, "not_in_channel", Refused),
        (200, {}, "an_error_of_tomorrow", Refused),
    ],
)
def test_what_slack_answers_decides_what_comes_next(
    status: int, headers: dict[str, str], code: str, kind: type[Exception]
) -> None:
    def call(**_arguments: Any) -> SlackResponse:
        raise SlackApiError("no", answered(status, headers, ok=False, error=code))

    with pytest.raises(kind):
        called(call)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 1), ("soon", 30), ("9999", 600)])
def test_slacks_wait_is_kept_within_reason(header: str, seconds: int) -> None:
    def call(**_arguments: Any) -> SlackResponse:
        raise SlackApiError("no", answered(429, {"retry-after": header}, ok=False, error="x"))

    with pytest.raises(RateLimited) as caught:
        called(call)
    assert caught.value.seconds == seconds


@pytest.mark.parametrize("error", [URLError("no route"), TimeoutError(), IncompleteRead(b"")])
def test_a_broken_connection_leaves_it_uncertain(error: Exception) -> None:
    def call(**_arguments: Any) -> SlackResponse:
        raise error

    with pytest.raises(Uncertain):
        called(call)


@pytest.mark.parametrize(
    ("method", "repeated"),
    [
        ("chat.postMessage", False),
        ("chat.postEphemeral", False),
        ("files.completeUploadExternal", False),
        ("conversations.replies", True),
    ],
)
def test_only_what_shows_nothing_twice_is_repeated(method: str, repeated: bool) -> None:
    request = HttpRequest(method="POST", url=f"https://slack.com/api/{method}", headers={})
    error = ConnectionResetError()
    assert RepeatReadsOnly().can_retry(state=RetryState(), request=request, error=error) is repeated


def in_a_thread(talk: Any) -> str:
    """A thread in which noor has asked and the bot has answered."""
    ts: str = talk.ask(f"@lorebot {QUESTION}")
    talk.answers(ts)
    return ts


def test_what_people_say_to_each_other_is_not_answered(talk: Any, lorebot: Lorebot) -> None:
    ts = in_a_thread(talk)
    talk.ask("<@U0NOORHADAD> that Apollo landing was on a Sunday", user="mei", thread_ts=ts)
    talk.ask("I remember the Apollo landing, it was hot", user="noor", thread_ts=ts)
    talk.ask("The Apollo landing was on television", user="mei", thread_ts=ts)
    talk.ask("@lorebot what did Cassini orbit?", thread_ts=ts)
    talk.answers(ts, count=2)
    talk.settled(lorebot)
    assert [m.text[:7] for m in talk.said(ts)] == ["Apollo ", "Cassini"]


def test_a_question_is_answered_whoever_spoke_before(talk: Any) -> None:
    ts = in_a_thread(talk)
    talk.ask("<@U0NOORHADAD> it was on a Sunday", user="mei", thread_ts=ts)
    talk.ask("what did Cassini orbit", user="noor", thread_ts=ts)
    assert [m.text[:7] for m in talk.answers(ts, count=2)] == ["Apollo ", "Cassini"]


def test_a_remark_right_after_the_bots_answer_is_meant_for_the_bot(talk: Any) -> None:
    ts = in_a_thread(talk)
    talk.ask("Cassini, too", user="mei", thread_ts=ts)
    assert len(talk.answers(ts, count=2)) == 2


def test_where_the_thread_cannot_be_read_a_remark_is_answered(
    talk: Any, workspace: Workspace
) -> None:
    ts = in_a_thread(talk)
    talk.ask("<@U0NOORHADAD> look", user="mei", thread_ts=ts)
    workspace.faults.fail("conversations.replies", "missing_scope")
    talk.ask("Cassini, then", user="noor", thread_ts=ts)
    assert len(talk.answers(ts, count=2)) == 2
