"""What holds for every test: no network but this machine, and no settings from outside."""

from __future__ import annotations

import fcntl
import gc
import ipaddress
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Until everything is imported there is next to nothing to collect.
gc.disable()

# These two are addressed to the tests; every other setting would reach the code under test.
FOR_TESTS = {"LOREBOT_TEST_DATABASE_URL", "LOREBOT_REQUIRE_BROWSER"}
FROM_OUTSIDE = ("LOREBOT_", "SLACK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

for name in list(os.environ):
    if name.upper().startswith(FROM_OUTSIDE) and name not in FOR_TESTS:
        del os.environ[name]

# Set before anything imports the libraries that read them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

# On a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile("unhurried", hypothesis.settings(deadline=None))
hypothesis.settings.load_profile("unhurried")

CORES = os.cpu_count() or 1
if WORKERS := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    # Threads of several workers that wait for each other in turns are slower than no threads.
    SHARE = max(1, CORES // WORKERS)
    os.environ["OMP_NUM_THREADS"] = str(SHARE)
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.cpu_count = lambda: SHARE


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for other things too. Each takes 1.5 GB."""
    return min(CORES + 1, 8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A slow test may take ten minutes, unless it says otherwise."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))


def pytest_collection_finish() -> None:
    """What has been imported stays: no later collection has to look at it."""
    gc.enable()
    gc.freeze()


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
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy: migrating takes longer than most tests."""
    from db import schema
    from db.engine import open_database

    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = open_database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's home in which the sample is indexed; copy it before changing anything."""
    from bot.demo import open_demo

    base = tmp_path_factory.getbasetemp()
    # The folder of each worker is in one of all: the first makes it for the others.
    made = (base.parent if WORKERS else base) / "sample" / "home"
    made.parent.mkdir(exist_ok=True)
    with (made.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with open_demo(made.with_name("half"), None, 0):
                pass
            made.with_name("half").rename(made)
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("sample") / "home"))
