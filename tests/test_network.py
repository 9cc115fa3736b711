"""The tests themselves: nothing leaves this machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest


def test_a_test_cannot_connect_to_another_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match="connect to"):
        outside.connect(("192.0.2.1", 80))


def test_a_test_cannot_send_a_datagram_to_another_machine() -> None:
    outside = socket.socket(type=socket.SOCK_DGRAM)
    with outside, pytest.raises(RuntimeError, match="sendto to"):
        outside.sendto(b"x", ("192.0.2.1", 53))


def test_a_test_cannot_look_up_a_name() -> None:
    with pytest.raises(RuntimeError, match="getaddrinfo to"):
        socket.create_connection(("example.org", 80))


def test_a_test_can_talk_to_itself_over_loopback() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_a_test_can_talk_over_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_no_token_of_the_machine_reaches_the_code_under_test() -> None:
    assert [name for name in os.environ if name.startswith("SLACK_")] == []
