"""What holds for every test: no network but this machine, and no settings from outside."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

import pytest

# These two are addressed to the tests; every other setting would reach the code under test.
FOR_TESTS = {"LOREBOT_TEST_DATABASE_URL", "LOREBOT_REQUIRE_BROWSER"}
FROM_OUTSIDE = ("LOREBOT_", "SLACK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

for name in list(os.environ):
    if name.upper().startswith(FROM_OUTSIDE) and name not in FOR_TESTS:
        del os.environ[name]

# Set before anything imports the libraries that read them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


class NetworkIsClosed(RuntimeError):
    """A test tried to leave this machine."""


def is_on_this_machine(host: Any) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host if isinstance(host, str) else host.decode()).is_loopback
    except ValueError:
        return False


def host_of(event: str, arguments: tuple[Any, ...]) -> Any:
    """The machine that a socket event is about; None for a unix socket and for other events."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        return address[0] if isinstance(address, tuple) else None
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return arguments[0]
    return None


def keep_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    if not is_on_this_machine(host_of(event, arguments)):
        raise NetworkIsClosed(f"{event} to {host_of(event, arguments)}")


# An audit hook, and not a patched socket: no way of opening one goes around it.
sys.addaudithook(keep_on_this_machine)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's home in which the sample is indexed; copy it before changing anything."""
    from bot.demo import open_demo

    home = tmp_path_factory.mktemp("sample") / "home"
    with open_demo(home, None, 0):
        pass
    return home
