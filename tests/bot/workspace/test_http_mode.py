"""HTTP mode: signed requests that Bolt's own verification accepts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.request import BoltRequest

from bot.workspace import Denied, Workspace

Body = dict[str, Any]
SECRET = "orbit-desk-signing-secret"


@dataclass
class Server:
    """Bolt behind HTTP; `statuses` and `retries` are what it answered and was told."""

    app: App
    statuses: list[int] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    extra_headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}/slack/events"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers: Any = dict(self.headers)
                answer = server.app.dispatch(BoltRequest(body=body, headers=headers))
                server.statuses.append(answer.status)
                server.retries.append(self.headers.get("X-Slack-Retry-Num", "0"))
                self.send_response(answer.status)
                for name, values in answer.headers.items():
                    self.send_header(name, values[0])
                for name, value in server.extra_headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body.encode())

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        return Handler


@pytest.fixture
def serve(bots: Any) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(secret: str = SECRET) -> Server:
        servers.append(Server(bots.new_app(signing_secret=secret)))
        return servers[-1]

    yield start
    [server.close() for server in servers]


def test_an_event_is_signed_so_that_bolt_accepts_it(
    workspace: Workspace, serve: Callable[..., Server]
) -> None:
    heard: list[Body] = []
    server = serve()
    server.app.event("message")(lambda event: heard.append(event))
    workspace.use_http(server.url, SECRET)
    workspace.post("ada", "#ask-lore", "hello over HTTP & more")
    [event] = workspace.wait_for(lambda: heard)
    assert event["text"] == "hello over HTTP &amp; more"
    assert workspace.connected


def test_another_secret_is_found_out_at_once(
    workspace: Workspace, serve: Callable[..., Server]
) -> None:
    server = serve(secret="another")
    with pytest.raises(ValueError, match="url_verification"):
        workspace.use_http(server.url, SECRET)
    assert server.statuses == [401]


def test_an_address_where_nobody_listens_is_found_out(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="Start the bot in HTTP mode"):
        workspace.use_http("http://127.0.0.1:9/slack/events", SECRET)


def test_an_event_that_is_answered_with_an_error_comes_again(
    workspace: Workspace, serve: Callable[..., Server]
) -> None:
    server = serve()
    workspace.use_http(server.url, SECRET)
    workspace.post("ada", "#ask-lore", "nobody listens to messages")
    workspace.wait_for(lambda: len(server.retries) == 5)
    assert server.retries[1:] == ["0", "1", "2", "3"]


def test_an_app_can_ask_for_no_retries(workspace: Workspace, serve: Callable[..., Server]) -> None:
    server = serve()
    workspace.use_http(server.url, SECRET)
    server.extra_headers["X-Slack-No-Retry"] = "1"
    workspace.post("ada", "#ask-lore", "one")
    workspace.post("ada", "#ask-lore", "two")
    workspace.wait_for(lambda: len(server.retries) == 3)
    assert server.retries == ["0", "0", "0"]


def test_clicks_modals_and_commands_go_over_http_too(
    workspace: Workspace, serve: Callable[..., Server], button: Any, modal: Any, client: Any
) -> None:
    server = serve()

    @server.app.action("why")
    def why(ack: Callable[[], None], body: Body) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal())
        ack()

    @server.app.view("why")
    def sent(ack: Callable[..., None]) -> None:
        ack(response_action="errors", errors={"reason": "Say more."})

    @server.app.command("/lore")
    def lore(ack: Callable[..., None], command: Body) -> None:
        ack(f"You said {command['text']}")

    workspace.use_http(server.url, SECRET)
    ts = client.chat_postMessage(channel="C0ASKLORE00", text="x", blocks=[button("why")])["ts"]
    workspace.click("ada", "#ask-lore", ts, "why")
    assert workspace.submit("ada", {"reason": "bad"}).errors == {"reason": "Say more."}
    workspace.command("ada", "#ask-lore", "/lore", "a=1&b=2")
    assert workspace.messages("#ask-lore", user="ada")[-1].text == "You said a=1&b=2"


def test_a_command_that_the_app_does_not_know_fails(
    workspace: Workspace, serve: Callable[..., Server]
) -> None:
    workspace.use_http(serve().url, SECRET)
    with pytest.raises(Denied, match="operation_timeout"):
        workspace.command("ada", "#ask-lore", "/lore", "help")
