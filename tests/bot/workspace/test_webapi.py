"""The Web API's front: tokens, arguments in every form, scopes, and troubles to order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.workspace import App, Workspace, open_workspace, read_manifest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MANIFEST = {
    "display_information": {"name": "Lore Bot", "description": "Answers"},
    "features": {
        "slash_commands": [{"command": "/lore", "description": "Chores"}],
        "shortcuts": [
            {"type": "message", "callback_id": "save", "name": "Save", "description": "…"},
            {"type": "global", "callback_id": "ask", "name": "Ask", "description": "…"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
}


def test_the_bot_learns_who_it_is(workspace: Workspace, client: WebClient) -> None:
    answer = client.auth_test()
    assert answer["user_id"] == workspace.bot_user
    assert (answer["bot_id"], answer["team"]) == ("B0LOREBOT00", "Orbit Desk")


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
def test_a_wrong_token_is_refused(workspace: Workspace, token: str, error: str) -> None:
    given = workspace.app_token if token == "app" else token
    with pytest.raises(SlackApiError, match=error):
        WebClient(token=given, base_url=workspace.api_url).auth_test()


def test_a_connection_needs_the_app_level_token(workspace: Workspace, client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token=workspace.bot_token)


def test_an_unknown_method_is_named_in_the_answer(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as error:
        client.api_call("chat.shout")
    assert error.value.response["error"] == "unknown_method"
    assert error.value.response["req_method"] == "chat.shout"


def test_arguments_come_as_query_form_or_json(
    workspace: Workspace, ask: Callable[..., Any]
) -> None:
    login = {"Authorization": f"Bearer {workspace.bot_token}"}
    arguments = {"channel": "C0ASKLORE00", "text": "Hello"}
    path = "/api/chat.postMessage"
    assert ask(path, arguments, login).json["ok"]
    assert ask(path, urlencode(arguments).encode(), login | FORM).json["ok"]
    assert ask(f"{path}?{urlencode(arguments)}", None, login).json["ok"]
    assert [m.text for m in workspace.messages("#ask-lore")] == ["Hello"] * 3


def test_the_token_may_be_in_the_body(workspace: Workspace, ask: Callable[..., Any]) -> None:
    body = urlencode({"token": workspace.bot_token}).encode()
    assert ask("/api/auth.test", body, FORM).json["ok"]


def test_structures_may_be_strings_of_json(client: WebClient, workspace: Workspace) -> None:
    blocks = json.dumps([{"type": "divider"}])
    client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=blocks)
    assert workspace.messages("#ask-lore")[0].blocks[0]["type"] == "divider"


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b"[1]", "application/json", "json_not_object"),
        (b"\xff", "application/json", "invalid_charset"),
        (b"x", "image/png", "invalid_post_type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    ask: Callable[..., Any], body: bytes, kind: str, error: str
) -> None:
    assert ask("/api/auth.test", body, {"Content-Type": kind}).json["error"] == error


def test_blocks_nested_without_end_are_refused(client: WebClient) -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    with pytest.raises(SlackApiError, match="invalid_"):
        client.chat_postMessage(
            channel="C0ASKLORE00", text="x", blocks=[{"type": "rich_text", "elements": deep}]
        )


def test_a_rate_limit_says_when_to_come_back(workspace: Workspace, client: WebClient) -> None:
    workspace.faults.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel="C0ASKLORE00", text="x")
    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "7"
    assert error.value.response["error"] == "ratelimited"
    assert workspace.messages("#ask-lore") == []


def test_a_client_that_obeys_the_rate_limit_gets_through(
    workspace: Workspace, client: WebClient
) -> None:
    workspace.faults.rate_limit("chat.postMessage", times=1, retry_after=0)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert client.chat_postMessage(channel="C0ASKLORE00", text="x")["ok"]


def test_a_fault_strikes_as_often_as_ordered(workspace: Workspace, client: WebClient) -> None:
    workspace.faults.fail("users.info", "fatal_error", times=1)
    with pytest.raises(SlackApiError, match="fatal_error"):
        client.users_info(user="U0ADAMORENO")
    assert client.users_info(user="U0ADAMORENO")["ok"]


def test_a_cut_connection_hides_that_the_message_was_posted(workspace: Workspace) -> None:
    client = WebClient(token=workspace.bot_token, base_url=workspace.api_url, retry_handlers=[])
    workspace.faults.reset("chat.postMessage")
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        client.chat_postMessage(channel="C0ASKLORE00", text="Did it arrive?")
    assert [m.text for m in workspace.messages("#ask-lore")] == ["Did it arrive?"]


def test_a_slow_answer_is_late_by_what_was_ordered(workspace: Workspace, client: WebClient) -> None:
    workspace.faults.slow("api.test", seconds=0.2)
    began = time.monotonic()
    client.api_test()
    assert time.monotonic() - began >= 0.2


def test_calls_are_recorded_with_their_answers(workspace: Workspace, client: WebClient) -> None:
    client.users_info(user="U0ADAMORENO")
    [call] = workspace.calls("users.info")
    assert call.args == {"user": "U0ADAMORENO"}
    assert call.answer["user"]["real_name"] == "Ada Moreno"


def test_a_call_without_its_scope_is_refused() -> None:
    with open_workspace(0, app=App(scopes=frozenset({"chat:write"}))) as workspace:
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        ts = client.chat_postMessage(channel="C0ASKLORE00", text="x")["ts"]
        with pytest.raises(SlackApiError) as error:
            client.reactions_add(channel="C0ASKLORE00", timestamp=ts, name="eyes")
        assert error.value.response["error"] == "missing_scope"
        assert error.value.response["needed"] == "reactions:write"
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.conversations_history(channel="C0ASKLORE00")


def test_the_app_is_what_its_manifest_says() -> None:
    app = read_manifest(MANIFEST)
    assert (app.name, app.handle) == ("Lore Bot", "lorebot")
    assert [command.command for command in app.commands] == ["/lore"]
    assert [shortcut.callback_id for shortcut in app.shortcuts] == ["save"]
    assert app.may("chat:write")
    assert not app.may("files:write")
    assert not app.listens_to("message.im")
