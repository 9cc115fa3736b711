"""A running workspace for each test, a real Slack client, and real Bolt apps that connect to it."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.socket_mode import end_reading
from bot.workspace import App as LocalApp
from bot.workspace import Command, Shortcut, Timing, Workspace, open_workspace

PATIENT = Timing(ack=15.0, trigger=15.0, retries=(0.0, 0.05, 0.05))
QUICK = Timing(ack=0.5, trigger=0.4, retries=(0.0, 0.05, 0.05), stream=0.4, status=0.4)
in_a_hurry = pytest.mark.parametrize("timing", [QUICK], ids=["quick"])
LOCAL_APP = LocalApp(
    commands=(Command("/lore", "help", "Chores"),),
    shortcuts=(Shortcut("save_answer", "Save this answer"),),
)

Body = dict[str, Any]


@pytest.fixture
def timing() -> Timing:
    """Long enough for a busy machine; a test that waits for the end of a limit is `in_a_hurry`."""
    return PATIENT


@pytest.fixture
def workspace(timing: Timing) -> Iterator[Workspace]:
    with open_workspace(0, app=LOCAL_APP, timing=timing) as opened:
        yield opened


@pytest.fixture
def client(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@dataclass
class Bots:
    """Connects Bolt apps to the workspace, and disconnects them when the test is over."""

    workspace: Workspace
    handlers: list[SocketModeHandler] = field(default_factory=list)

    def new_app(self, **options: Any) -> App:
        """A Bolt app that answers nothing yet, but knows every event."""
        client = WebClient(token=self.workspace.bot_token, base_url=self.workspace.api_url)
        return App(client=client, **options)

    def connect(self, app: App) -> SocketModeHandler:
        handler = SocketModeHandler(app, self.workspace.app_token, ping_interval=1)
        self.handlers.append(handler)
        handler.connect()
        self.workspace.wait_for(lambda: self.workspace.connected)
        return handler

    def close(self) -> None:
        """The server hangs up first, and a last message wakes the reader of the queue:
        the SDK's threads wait for seconds otherwise."""
        for handler in self.handlers:
            handler.client.auto_reconnect_enabled = False
            handler.client.closed = True
            handler.client.enqueue_message("{}")
        self.workspace.cut_connections()
        for handler in self.handlers:
            self.workspace.wait_for(lambda client=handler.client: not client.is_connected())
            end_reading(handler.client)
            handler.close()


@pytest.fixture
def bots(workspace: Workspace) -> Iterator[Bots]:
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
    opened = Bots(workspace)
    yield opened
    opened.close()


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Ask = Callable[..., Answer]


@pytest.fixture
def ask(workspace: Workspace) -> Ask:
    """`ask("/client/post", {...})` posts JSON; without a body it gets."""

    def send(
        path: str,
        body: Body | bytes | None = None,
        headers: dict[str, str] | None = None,
        method: str | None = None,
    ) -> Answer:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        kind = {"Content-Type": "application/json"} if data is not None else {}
        sent = kind | (headers or {})
        request = urllib.request.Request(workspace.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    return send


def text(words: str, kind: str = "mrkdwn") -> Body:
    return {"type": kind, "text": words}


@pytest.fixture
def section() -> Callable[[str], Body]:
    return lambda words: {"type": "section", "text": text(words)}


@pytest.fixture
def button() -> Callable[..., Body]:
    def build(action_id: str, label: str = "Press", **more: Any) -> Body:
        element = {"type": "button", "action_id": action_id, "text": text(label, "plain_text")}
        return {"type": "actions", "elements": [element | more]}

    return build


@pytest.fixture
def modal() -> Callable[..., Body]:
    """A modal with one required text input called `reason`, unless blocks are given."""

    def build(**changes: Any) -> Body:
        reason = {
            "type": "input",
            "block_id": "reason",
            "label": text("What was wrong?", "plain_text"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
        return {
            "type": "modal",
            "callback_id": "why",
            "title": text("Why?", "plain_text"),
            "submit": text("Send", "plain_text"),
            "blocks": [reason],
        } | changes

    return build
