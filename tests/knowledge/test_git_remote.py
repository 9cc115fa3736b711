"""Repositories elsewhere: how they are let in, what they may not do, and what is said when down."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from knowledge.sources import SourceUnavailable
from knowledge.sources.git.source import GitSource

from .test_git import ALONE, Repository, contents, make_repository, paths, settings

TOKEN = "ghp-very-secret"
GIT = shutil.which("git") or ""


@dataclass
class Forge:
    """What people push to: git over HTTP, as git itself serves it, for those with the token."""

    root: Path
    address: str = ""
    token: str = TOKEN
    answer: int = 0
    """A status to answer everything with."""
    says: str = ""
    moved_to: str = ""
    seen: list[str] = field(default_factory=list)
    """The Authorization headers that came."""

    def url(self, path: str = "/repository/.git") -> str:
        return f"http://{self.address}{path}"

    def lets_in(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        password = base64.b64decode(encoded).decode().partition(":")[2]
        return not self.token or (scheme == "Basic" and password == self.token)


class ForgeHandler(BaseHTTPRequestHandler):
    forge: Forge

    def do_GET(self) -> None:
        header = self.headers.get("Authorization", "")
        self.forge.seen.append(header)
        if self.forge.answer:
            self.refuse(self.forge.answer)
        elif not self.forge.lets_in(header):
            self.refuse(401)
        else:
            self.pass_on()

    do_POST = do_GET

    def refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Location", self.forge.moved_to)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(self.forge.says.encode())))
        self.end_headers()
        self.wfile.write(self.forge.says.encode())

    def pass_on(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "GIT_PROJECT_ROOT": str(self.forge.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        result = subprocess.run(
            [GIT, "http-backend"], input=body, capture_output=True, env=os.environ | environment
        )
        headers, _, content = result.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in headers.decode().split("\r\n")]
        fields = {name: value for name, _, value in lines}
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        [self.send_header(name, value) for name, value in fields.items()]
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit({"card.md": "Green."})
    return made


@contextmanager
def serve(forge: Forge) -> Iterator[Forge]:
    handler = type("Handler", (ForgeHandler,), {"forge": forge})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.block_on_close = False
        forge.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def forge(repository: Repository) -> Iterator[Forge]:
    with serve(Forge(repository.root.parent)) as forge:
        yield forge


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "repo"


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a server that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_token_opens_a_repository(forge: Forge, cache: Path) -> None:
    source = GitSource(settings(forge.url(), token=TOKEN), cache)

    assert contents(source) == {"card.md": b"Green."}
    expected = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert set(forge.seen) == {f"Basic {expected}"}


def test_a_user_in_the_address_goes_with_the_token(forge: Forge, cache: Path) -> None:
    url = forge.url().replace("http://", "http://x-token-auth@")

    assert paths(GitSource(settings(url, token=TOKEN), cache)) == ["card.md"]
    expected = base64.b64encode(f"x-token-auth:{TOKEN}".encode()).decode()
    assert set(forge.seen) == {f"Basic {expected}"}


def test_the_token_is_in_no_command_line_and_in_no_file(
    forge: Forge, cache: Path, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {written}\nexec {GIT} "$@"\n')
    wrapper.chmod(0o755)
    given = {**os.environ, "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}

    contents(GitSource(settings(forge.url(), token=TOKEN), cache, environment=given))

    encoded = base64.b64encode(f"x-access-token:{TOKEN}".encode())
    everything = b"".join(p.read_bytes() for p in [written, *cache.rglob("*")] if p.is_file())
    assert b"fetch --quiet" in written.read_bytes()
    assert TOKEN.encode() not in everything
    assert encoded not in everything


@pytest.mark.parametrize("token", ["", "wrong-secret"])
def test_without_the_right_token_it_is_said_what_to_set(
    forge: Forge, cache: Path, token: str
) -> None:
    with pytest.raises(SourceUnavailable, match="check the token of the source") as caught:
        GitSource(settings(forge.url(), token=token), cache).scan()

    assert "wrong-secret" not in str(caught.value)


def test_no_error_repeats_the_token(forge: Forge, cache: Path) -> None:
    encoded = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    forge.answer, forge.says = 418, f"{TOKEN}, {encoded} is no teapot"

    with pytest.raises(SourceUnavailable) as caught:
        GitSource(settings(forge.url(), token=TOKEN), cache).scan()

    assert "git cannot fetch" in str(caught.value)
    assert "(remote: …, … is no teapot): check it by hand" in str(caught.value)


def test_a_token_is_not_sent_to_where_the_repository_has_moved(
    forge: Forge, cache: Path, tmp_path: Path
) -> None:
    with serve(Forge(tmp_path)) as thief:
        forge.answer = 301
        forge.moved_to = f"{thief.url()}/info/refs?service=git-upload-pack"
        with pytest.raises(SourceUnavailable, match="has moved, and a token is not sent after it"):
            GitSource(settings(forge.url(), token=TOKEN), cache).scan()

    assert thief.seen == []


def test_a_repository_that_is_not_there_is_said(forge: Forge, cache: Path) -> None:
    forge.token = ""

    with pytest.raises(SourceUnavailable, match="There is no git repository at http://127"):
        GitSource(settings(forge.url("/nothing.git")), cache).scan()


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_in_trouble_is_said(forge: Forge, cache: Path, status: int) -> None:
    forge.answer = status

    with pytest.raises(SourceUnavailable, match="does not answer: check the address and the net"):
        GitSource(settings(forge.url()), cache).scan()


def test_a_server_that_is_down_is_said(cache: Path, forge: Forge, silence: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(SourceUnavailable, match=f"http://{address}/r does not answer"):
        GitSource(settings(f"http://{address}/r"), cache).scan()


def stays(words: str, seconds: float = 10) -> bool:
    """Whether a process with these words goes on; one that was killed takes a moment to end."""
    deadline = time.monotonic() + seconds
    while words in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout:
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False


def test_a_server_that_never_answers_is_given_up(cache: Path, silence: str) -> None:
    source = GitSource(settings(f"http://{silence}/r"), cache, fetch_seconds=0.4)
    start = time.monotonic()

    with pytest.raises(SourceUnavailable, match=r"took longer than 0.4 seconds: check the network"):
        source.scan()

    assert time.monotonic() - start < 10
    assert [path.name for path in cache.iterdir()] == ["lock"]
    assert not stays(silence)


def test_without_git_it_is_said(repository: Repository, cache: Path, tmp_path: Path) -> None:
    source = GitSource(settings(repository.root), cache, environment={"PATH": str(tmp_path)})

    with pytest.raises(SourceUnavailable, match="git is not installed: install it"):
        source.scan()


def test_tokens_of_the_program_and_settings_for_other_gits_are_not_passed_on(
    repository: Repository, cache: Path, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nenv >> {written}\nexec {GIT} "$@"\n')
    wrapper.chmod(0o755)
    given = {
        **os.environ,
        "PATH": f"{wrapper.parent}:{os.environ['PATH']}",
        "SLACK_BOT_TOKEN": "xoxb-secret",
        "GIT_TRACE_CURL": "1",
        "GIT_INDEX_FILE": "/elsewhere",
    }
    source = GitSource(settings(repository.root), cache, environment=given)

    assert paths(source) == ["card.md"]

    environment = written.read_text()
    assert "GIT_TERMINAL_PROMPT=0" in environment
    assert "xoxb-secret" not in environment
    assert "GIT_TRACE_CURL" not in environment
    assert "GIT_INDEX_FILE" not in environment
    assert ALONE["GIT_AUTHOR_EMAIL"] not in environment
