"""Socket Mode with a real Bolt app: events arrive, are insisted on, and survive reconnecting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.workspace import App as LocalApp
from bot.workspace import Workspace, open_workspace

from .conftest import in_a_hurry

Body = dict[str, Any]


@pytest.fixture
def heard(bots: Any) -> list[Body]:
    """Every event body that a connected Bolt app hears, in order."""
    bodies: list[Body] = []
    app = bots.new_app(ignoring_self_events_enabled=False)
    app.event({"type": "message"})(lambda body: bodies.append(body))
    app.event({"type": "message", "subtype": "message_changed"})(bodies.append)
    names = ("app_mention", "reaction_added", "reaction_removed", "member_joined_channel")
    [app.event(name)(lambda body: bodies.append(body)) for name in (*names, "app_home_opened")]
    bots.connect(app)
    return bodies


@contextmanager
def link(workspace: Workspace) -> Iterator[ClientConnection]:
    """A connection of our own, which acknowledges nothing by itself."""
    with connect(address(workspace)) as connection:
        assert receive(connection)["type"] == "hello"
        yield connection


def address(workspace: Workspace) -> str:
    client = WebClient(base_url=workspace.api_url)
    return str(client.apps_connections_open(app_token=workspace.app_token)["url"])


def receive(connection: ClientConnection) -> Body:
    return dict(json.loads(connection.recv(15)))


def acknowledge(connection: ClientConnection, envelope: Body) -> None:
    connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))


def test_the_bot_hears_a_question_and_answers_it(workspace: Workspace, bots: Any) -> None:
    app = bots.new_app()

    @app.event("app_mention")
    def answer(event: Body, say: Callable[..., Any]) -> None:
        say(text=f"Hello <@{event['user']}>", thread_ts=event["ts"])

    bots.connect(app)
    question = workspace.post("ada", "#ask-lore", "@lorebot hello?")
    [reply] = workspace.wait_for(lambda: workspace.messages("#ask-lore", question))
    assert reply.text == "Hello <@U0ADAMORENO>"


def test_a_mention_arrives_as_message_and_as_app_mention(
    workspace: Workspace, heard: list[Body]
) -> None:
    ts = workspace.post("ada", "#ask-lore", "@lorebot why < 5?")
    workspace.wait_for(lambda: len(heard) == 2)
    by_type = {body["event"]["type"]: body["event"] for body in heard}
    assert set(by_type) == {"message", "app_mention"}
    assert by_type["message"]["channel_type"] == "channel"
    assert by_type["app_mention"]["ts"] == by_type["message"]["ts"] == ts
    assert by_type["app_mention"]["text"] == f"<@{workspace.bot_user}> why &lt; 5?"
    assert heard[0]["event_id"] != heard[1]["event_id"]


def test_an_event_has_slacks_shape(workspace: Workspace, heard: list[Body]) -> None:
    root = workspace.post("ada", "#ask-lore", "question")
    workspace.post("jonas", "#ask-lore", "me too", root)
    workspace.wait_for(lambda: len(heard) == 2)
    body = next(body for body in heard if "thread_ts" in body["event"])
    assert body["type"] == "event_callback"
    assert body["team_id"] == "T0ORBITDESK"
    assert body["authorizations"][0]["user_id"] == workspace.bot_user
    event = body["event"]
    assert (event["thread_ts"], event["parent_user_id"]) == (root, "U0ADAMORENO")
    assert event["event_ts"] == event["ts"]
    assert event["client_msg_id"]
    assert event["blocks"][0]["type"] == "rich_text"


@pytest.mark.parametrize(
    ("channel", "kind"), [("@lorebot", "im"), ("#curators", "group"), ("#general", "channel")]
)
def test_an_event_says_what_kind_of_channel_it_is(
    workspace: Workspace, heard: list[Body], channel: str, kind: str
) -> None:
    workspace.post("ada", channel, "hello")
    [body] = workspace.wait_for(lambda: heard)
    assert body["event"]["channel_type"] == kind


def test_a_mention_in_a_direct_conversation_is_a_message_only(
    workspace: Workspace, heard: list[Body]
) -> None:
    workspace.post("ada", "@lorebot", "@lorebot hello")
    workspace.post("ada", "@lorebot", "the end")
    workspace.wait_for(lambda: len(heard) >= 2)
    assert [body["event"]["type"] for body in heard] == ["message", "message"]


def test_the_bots_own_messages_come_back_with_its_bot_id(
    workspace: Workspace, heard: list[Body], client: WebClient
) -> None:
    client.chat_postMessage(channel="C0ASKLORE00", text="mine")
    [body] = workspace.wait_for(lambda: heard)
    assert body["event"]["bot_id"] == "B0LOREBOT00"


def test_edits_and_deletions_are_told(workspace: Workspace, heard: list[Body]) -> None:
    ts = workspace.post("ada", "#ask-lore", "frist")
    workspace.edit("ada", "#ask-lore", ts, "first")
    workspace.delete("ada", "#ask-lore", ts)
    workspace.wait_for(lambda: len(heard) == 3)
    events = {body["event"].get("subtype", "new"): body["event"] for body in heard}
    assert events["message_changed"]["message"]["text"] == "first"
    assert events["message_changed"]["previous_message"]["text"] == "frist"
    assert events["message_deleted"]["deleted_ts"] == ts


def test_reactions_visits_and_newcomers_are_told(workspace: Workspace, heard: list[Body]) -> None:
    ts = workspace.post("ada", "#ask-lore", "hooray")
    workspace.react("noor", "#ask-lore", ts, "tada")
    workspace.react("noor", "#ask-lore", ts, "tada", remove=True)
    workspace.open_home("jonas")
    workspace.open_direct("jonas")
    workspace.invite("jonas", "#curators")
    workspace.wait_for(lambda: len(heard) == 6)
    events = {(body["event"]["type"], body["event"].get("tab")): body["event"] for body in heard}
    added = events["reaction_added", None]
    assert (added["reaction"], added["item"]["ts"], added["item_user"]) == (
        "tada",
        ts,
        "U0ADAMORENO",
    )
    assert events["app_home_opened", "home"]["user"] == "U0JONASBERG"
    assert events["app_home_opened", "messages"]["channel"] == "D0JONASBERG"
    assert events["member_joined_channel", None]["inviter"] == "U0ADAMORENO"
    assert ("reaction_removed", None) in events


def test_what_is_said_without_the_bot_stays_unheard(
    workspace: Workspace, heard: list[Body]
) -> None:
    workspace.add_channel("board", ("ada", "noor"), private=True, bot=False)
    workspace.post("ada", "#board", "@lorebot do not listen")
    workspace.post("ada", "#general", "public")
    [body] = workspace.wait_for(lambda: heard)
    assert body["event"]["text"] == "public"


def test_only_events_of_the_manifest_are_sent() -> None:
    app = LocalApp(events=frozenset({"app_mention"}))
    with open_workspace(0, app=app) as workspace, link(workspace) as connection:
        workspace.post("ada", "#ask-lore", "not for the bot")
        workspace.post("ada", "#ask-lore", "@lorebot for the bot")
        assert receive(connection)["payload"]["event"]["type"] == "app_mention"


@in_a_hurry
def test_an_event_that_is_not_acknowledged_comes_again(workspace: Workspace) -> None:
    with link(workspace) as connection:
        workspace.post("ada", "#ask-lore", "hello?")
        first, second = receive(connection), receive(connection)
        acknowledge(connection, second)
        with pytest.raises(TimeoutError):
            connection.recv(1.0)
    assert first["envelope_id"] != second["envelope_id"]
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")


@in_a_hurry
def test_slack_gives_up_after_three_retries(workspace: Workspace) -> None:
    with link(workspace) as connection:
        workspace.post("ada", "#ask-lore", "hello?")
        attempts = [receive(connection)["retry_attempt"] for _ in range(4)]
        with pytest.raises(TimeoutError):
            connection.recv(1.0)
    assert attempts == [0, 1, 2, 3]


def test_bolt_sees_the_retry_headers_when_an_acknowledgement_got_lost(
    workspace: Workspace, bots: Any
) -> None:
    headers: list[Body] = []
    app = bots.new_app()
    app.event("message")(lambda request: headers.append(request.headers))
    workspace.faults.lose_acks()
    bots.connect(app)
    workspace.post("ada", "#ask-lore", "hello?")
    workspace.wait_for(lambda: len(headers) == 2)
    assert headers[1]["x-slack-retry-num"] == ["1"]
    assert headers[1]["x-slack-retry-reason"] == ["timeout"]


def test_an_event_can_be_repeated_although_it_was_acknowledged(
    workspace: Workspace, heard: list[Body]
) -> None:
    workspace.faults.repeat_events()
    workspace.post("ada", "#ask-lore", "hello?")
    workspace.wait_for(lambda: len(heard) == 2)
    assert heard[0]["event_id"] == heard[1]["event_id"]


def test_the_bot_comes_back_when_slack_asks_it_to(workspace: Workspace, heard: list[Body]) -> None:
    workspace.disconnect()
    workspace.wait_for(lambda: workspace.connected)
    workspace.post("ada", "#ask-lore", "are you back?")
    workspace.wait_for(lambda: heard)
    assert len(workspace.calls("apps.connections.open")) == 2


def test_the_bot_comes_back_when_the_connection_breaks(
    workspace: Workspace, heard: list[Body]
) -> None:
    workspace.cut_connections()
    workspace.post("ada", "#ask-lore", "are you back?")
    assert workspace.wait_for(lambda: heard, timeout=10)


def test_events_wait_in_order_until_the_bot_connects(workspace: Workspace) -> None:
    texts = ["one", "two", "three"]
    [workspace.post("ada", "#ask-lore", words) for words in texts]
    assert not workspace.connected
    with link(workspace) as connection:
        received = [receive(connection)["payload"]["event"]["text"] for _ in texts]
    assert received == texts


def test_each_payload_goes_to_one_of_several_connections(workspace: Workspace) -> None:
    with link(workspace) as first, link(workspace) as second:
        workspace.post("ada", "#ask-lore", "one")
        workspace.post("ada", "#ask-lore", "two")
        envelopes = [receive(first), receive(second)]
        acknowledge(first, envelopes[0])
        acknowledge(second, envelopes[1])
        assert {e["payload"]["event"]["text"] for e in envelopes} == {"one", "two"}


def test_the_acknowledgement_may_come_over_another_connection(workspace: Workspace) -> None:
    with link(workspace) as old, link(workspace) as new:
        workspace.post("ada", "#ask-lore", "one")
        acknowledge(new, receive(old))
        with pytest.raises(TimeoutError):
            new.recv(1.0)


def test_a_ticket_works_once(workspace: Workspace) -> None:
    url = address(workspace)
    with connect(url), pytest.raises(InvalidStatus, match="403"), connect(url):
        pass


def test_what_is_no_acknowledgement_is_ignored(workspace: Workspace) -> None:
    with link(workspace) as connection:
        connection.send("not json")
        connection.send("[]")
        connection.send(b"\x00")
        connection.send(json.dumps({"envelope_id": "made up"}))
        workspace.post("ada", "#ask-lore", "still here?")
        acknowledge(connection, receive(connection))


def test_a_ping_is_answered(workspace: Workspace) -> None:
    with link(workspace) as connection:
        assert connection.ping().wait(10)


def test_events_come_one_by_one_as_they_happen(workspace: Workspace) -> None:
    heard = []
    with link(workspace) as connection:
        for number in range(20):
            workspace.post("ada", "#ask-lore", f"tick {number}")
            envelope = receive(connection)
            acknowledge(connection, envelope)
            heard.append(envelope["payload"]["event"]["text"])
    assert heard == [f"tick {number}" for number in range(20)]
