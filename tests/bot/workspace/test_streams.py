"""Messages that are seen while they are written."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace import Workspace
from bot.workspace.refusal import Denied

from .conftest import in_a_hurry

TO_ADA = {"recipient_team_id": "T0ORBITDESK", "recipient_user_id": "U0ADAMORENO"}


@pytest.fixture
def question(workspace: Workspace) -> str:
    return workspace.post("ada", "#ask-lore", "Tell me about Voyager")


def start(client: WebClient, question: str, **more: Any) -> str:
    stream = client.chat_startStream(channel="C0ASKLORE00", thread_ts=question, **TO_ADA, **more)
    return str(stream["ts"])


def test_a_stream_grows_until_it_is_stopped(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    ts = start(client, question, markdown_text="Voyager 1 ")
    client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="left in **1977**.")
    [growing] = workspace.messages("#ask-lore", question)
    assert (growing.text, growing.streaming) == ("Voyager 1 left in **1977**.", True)
    client.chat_stopStream(channel="C0ASKLORE00", ts=ts, blocks=[{"type": "divider"}])
    [done] = workspace.messages("#ask-lore", question)
    assert [block["type"] for block in done.blocks] == ["markdown", "divider"]
    assert not done.streaming


def test_the_sdks_own_helper_can_stream(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    stream = client.chat_stream(channel="C0ASKLORE00", thread_ts=question, buffer_size=4, **TO_ADA)
    stream.append(markdown_text="Voyager ")
    stream.append(markdown_text="2")
    stream.stop(markdown_text=" too")
    assert workspace.messages("#ask-lore", question)[0].text == "Voyager 2 too"


def test_a_stopped_stream_takes_nothing_more(client: WebClient, question: str) -> None:
    ts = start(client, question, markdown_text="x")
    client.chat_stopStream(channel="C0ASKLORE00", ts=ts)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="y")
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        client.chat_stopStream(channel="C0ASKLORE00", ts=ts)


@in_a_hurry
def test_slack_ends_a_stream_by_itself(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    ts = start(client, question, markdown_text="x")
    workspace.wait_for(lambda: not workspace.messages("#ask-lore", question)[0].streaming)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="y")
    client.chat_update(channel="C0ASKLORE00", ts=ts, text="the whole answer")


def test_a_streaming_message_cannot_be_updated(client: WebClient, question: str) -> None:
    ts = start(client, question, markdown_text="x")
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        client.chat_update(channel="C0ASKLORE00", ts=ts, text="y")


@pytest.mark.parametrize("absent", ["recipient_team_id", "recipient_user_id"])
def test_a_stream_in_a_channel_names_its_reader(
    client: WebClient, question: str, absent: str
) -> None:
    reader = {name: value for name, value in TO_ADA.items() if name != absent}
    with pytest.raises(SlackApiError, match=f"missing_{absent}"):
        client.chat_startStream(channel="C0ASKLORE00", thread_ts=question, **reader)


def test_only_the_bots_own_stream_can_be_continued(client: WebClient, question: str) -> None:
    with pytest.raises(SlackApiError, match="message_not_owned_by_app"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=question, markdown_text="x")


def test_the_limit_is_for_each_chunk(client: WebClient, question: str) -> None:
    ts = start(client, question, markdown_text="x" * 12_000)
    client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="x" * 12_000)
    with pytest.raises(SlackApiError, match="msg_too_long"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="x" * 12_001)


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "sound"},
        {"type": "markdown_text"},
        {"type": "task_update", "id": "1"},
        {"type": "task_update", "id": "1", "title": "x", "status": "lost"},
    ],
)
def test_an_odd_chunk_is_refused(client: WebClient, question: str, chunk: dict[str, Any]) -> None:
    ts = start(client, question, markdown_text="x")
    with pytest.raises(SlackApiError, match="invalid_chunks"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="", chunks=[chunk])


def test_a_task_card_is_updated_in_place(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    task = {"type": "task_update", "id": "t1", "title": "Reading"}
    ts = start(client, question, chunks=[task | {"status": "in_progress"}])
    client.chat_appendStream(
        channel="C0ASKLORE00", ts=ts, markdown_text="", chunks=[task | {"status": "complete"}]
    )
    [card] = workspace.messages("#ask-lore", question)[0].blocks
    assert (card["type"], card["status"]) == ("task_card", "complete")


def test_a_person_can_stop_a_stream_and_the_app_hears_of_it(
    workspace: Workspace, client: WebClient, question: str, bots: Any
) -> None:
    heard: list[dict[str, Any]] = []
    app = bots.new_app()
    app.event("agent_session_stopped")(lambda event: heard.append(event))
    app.event("message")(lambda ack: ack())
    bots.connect(app)
    ts = start(client, question, markdown_text="Voyager 1 ")
    workspace.stop("noor", "#ask-lore", ts)
    workspace.wait_for(lambda: heard)
    assert heard[0]["thread_ts"] == question
    assert heard[0]["streaming_message_ts"] == [ts]
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        client.chat_appendStream(channel="C0ASKLORE00", ts=ts, markdown_text="y")
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        client.chat_stopStream(channel="C0ASKLORE00", ts=ts)
    client.chat_update(channel="C0ASKLORE00", ts=ts, text="Voyager 1, and no more")


def test_only_what_is_being_written_can_be_stopped(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    ts = start(client, question, markdown_text="x")
    client.chat_stopStream(channel="C0ASKLORE00", ts=ts)
    with pytest.raises(Denied, match="finished already"):
        workspace.stop("noor", "#ask-lore", ts)


def test_the_page_can_stop_a_stream(
    workspace: Workspace, client: WebClient, question: str, ask: Any
) -> None:
    ts = start(client, question, markdown_text="x")
    said = {"user": "U0NOORHADAD", "channel": "C0ASKLORE00", "ts": ts}
    assert ask("/client/stop", said).json == {"ok": True}
    assert not workspace.messages("#ask-lore", question)[0].streaming


def test_a_session_that_ends_takes_the_status_away(
    workspace: Workspace, client: WebClient, question: str
) -> None:
    place = {"channel_id": "C0ASKLORE00", "thread_ts": question}
    client.assistant_threads_setStatus(**place, status="is reading…")
    client.agents_sessions_setStatus(**place, status="active")
    assert workspace.status("#ask-lore", question) == ""
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        client.agents_sessions_setStatus(**place, status="asleep")
