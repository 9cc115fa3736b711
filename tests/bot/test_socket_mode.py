"""A websocket to Slack is closed whatever its threads are doing."""

from __future__ import annotations

import time

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.socket_mode import connect, disconnect
from bot.workspace.facade import Workspace


@pytest.fixture
def client(workspace: Workspace) -> SocketModeClient:
    web = WebClient(workspace.bot_token, workspace.api_url)
    return SocketModeClient(workspace.app_token, web_client=web)


def test_it_ends_though_its_reader_begins_at_that_moment(
    client: SocketModeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin_late(words: str, *rest: object) -> None:
        """The reader has seen a session, and has not begun it when that is to end."""
        while words.startswith("Starting to receive") and not client.closed:
            time.sleep(0.001)
        time.sleep(0.3 * words.startswith("Starting to receive"))

    monkeypatch.setattr(client.logger, "info", begin_late)
    connect(client)
    time.sleep(0.3)
    reader = client.current_session_runner.thread
    disconnect(client)
    assert not reader.is_alive()
    assert not client.is_connected()
