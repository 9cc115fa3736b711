"""The workspace opens, says what is wrong, and closes."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request

import pytest
from slack_sdk import WebClient

from bot.workspace import Denied, PortInUse, Workspace, open_workspace


def test_a_port_in_use_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {port} is not free.*--port"):
            open_workspace(port)


def test_two_workspaces_do_not_know_of_each_other() -> None:
    with open_workspace(0) as one, open_workspace(0) as two:
        one.post("ada", "#general", "only here")
        assert len(one.messages("#general")) == 1
        assert two.messages("#general") == []
        assert one.bot_token != two.bot_token


def test_a_closed_workspace_answers_no_more_and_leaves_no_thread() -> None:
    workspace = open_workspace(0)
    workspace.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(workspace.url, timeout=2)
    assert "workspace" not in [thread.name for thread in threading.enumerate()]


def test_the_same_port_can_be_opened_again_at_once() -> None:
    first = open_workspace(0)
    port = int(first.url.rpartition(":")[2])
    first.close()
    with open_workspace(port) as second:
        assert second.url == first.url


def test_tokens_can_be_given() -> None:
    with open_workspace(0, bot_token="xoxb-1", app_token="xapp-1") as workspace:
        assert WebClient(token="xoxb-1", base_url=workspace.api_url).auth_test()["ok"]
        assert workspace.app_token == "xapp-1"


def test_waiting_in_vain_ends_with_an_error(workspace: Workspace) -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.1 s"):
        workspace.wait_for(lambda: workspace.messages("#general"), timeout=0.1)


def test_nobody_acts_for_a_stranger_or_in_an_unknown_place(workspace: Workspace) -> None:
    with pytest.raises(Denied, match="nobody called zoe"):
        workspace.post("zoe", "#general", "hello")
    with pytest.raises(Denied, match="no channel called #nowhere"):
        workspace.post("ada", "#nowhere", "hello")


def test_the_bots_handle_becomes_a_mention(workspace: Workspace) -> None:
    workspace.post("ada", "#general", "@lorebot hello")
    assert workspace.messages("#general")[0].text == f"<@{workspace.bot_user}> hello"
