"""Other sites and other machines stay out; bodies stay small."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bot.workspace import Workspace

Ask = Callable[..., Any]


def test_the_workspace_listens_on_this_machine_only(workspace: Workspace) -> None:
    assert workspace.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_request_for_another_host_is_refused(ask: Ask, host: str) -> None:
    assert ask("/client/boot?user=U0ADAMORENO", None, {"Host": host}).status == 403


def test_another_port_of_this_machine_is_another_host(ask: Ask) -> None:
    assert ask("/client/boot?user=U0ADAMORENO", None, {"Host": "127.0.0.1:1"}).status == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_this_machine_are_taken(workspace: Workspace, ask: Ask, name: str) -> None:
    port = workspace.url.rpartition(":")[2]
    headers = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
    assert ask("/client/boot?user=U0ADAMORENO", None, headers).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1:1"]
)
def test_a_post_of_another_site_is_refused(workspace: Workspace, ask: Ask, origin: str) -> None:
    body = {"user": "U0ADAMORENO", "channel": "C0GENERAL00", "text": "forged"}
    assert ask("/client/post", body, {"Origin": origin}).status == 403
    assert workspace.messages("#general") == []


def test_a_form_of_another_site_posts_nothing(workspace: Workspace, ask: Ask) -> None:
    body = b'{"user": "U0ADAMORENO", "channel": "C0GENERAL00", "text": "forged"}'
    answer = ask("/client/post", body, {"Content-Type": "text/plain"})
    assert answer.json == {"ok": False, "error": "Send application/json."}
    assert workspace.messages("#general") == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_even_read(ask: Ask, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert ask("/client/home?user=U0ADAMORENO", None, headers).status == 403
    navigation = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert ask("/client/home?user=U0ADAMORENO", None, navigation).status == 403


def test_another_site_may_link_to_a_document(ask: Ask) -> None:
    navigation = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask("/docs/no-such-document", None, navigation).status == 404


def test_a_websocket_of_another_site_is_refused(workspace: Workspace) -> None:
    url = workspace.url.replace("http", "ws", 1) + "/client/events?user=U0ADAMORENO"
    with pytest.raises(InvalidStatus, match="403"), connect(url, origin="http://evil.example"):
        pass


def test_a_body_over_a_mebibyte_is_refused(workspace: Workspace, ask: Ask) -> None:
    body = {"user": "U0ADAMORENO", "channel": "C0GENERAL00", "text": "x" * 1024 * 1024}
    assert ask("/client/post", body).status == 413
    assert workspace.messages("#general") == []


def test_a_body_without_a_length_is_counted_too(workspace: Workspace) -> None:
    port = int(workspace.url.rpartition(":")[2])
    head = f"POST /api/api.test HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
        raw.sendall(head.encode() + chunk * 17)
        assert raw.recv(1024).startswith(b"HTTP/1.1 413")


def test_every_answer_forbids_foreign_scripts(ask: Ask) -> None:
    headers = ask("/docs/x").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
