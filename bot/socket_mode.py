"""Open and close the websocket to Slack, with one sentence for whatever is in the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException

from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.config import SettingsError
from bot.logs import redact

AGAIN_S = 0.05


class SlackUnusable(SettingsError):
    """Slack cannot be reached or refuses the tokens; the message says what to do."""


def connect(client: SocketModeClient) -> None:
    with slack_errors("app_token", client.web_client.base_url):
        client.connect()
        # It only writes a line in the log when the websocket itself cannot be opened.
        if not client.is_connected():
            raise ConnectionError("the websocket was not opened")


def disconnect(client: SocketModeClient) -> None:
    """Take no more events, send the acknowledgements under way, and close."""
    client.closed = True
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    # Its threads wait for the next event: an end of input and an empty message wake them.
    sock = client.current_session.sock if client.current_session else None
    if sock is not None:
        with suppress(OSError):
            # Not the method of an SSL socket, after which the rest would go out in clear.
            socket.socket.shutdown(sock, socket.SHUT_RD)
    client.message_queue.put(None)
    client.message_workers.shutdown(wait=True)
    end_reading(client)
    client.close()


def end_reading(client: SocketModeClient) -> None:
    """A thread that begins to read just now takes back that its session is over, once; close()
    would wait for it forever."""
    runner = client.current_session_runner
    runner.event.set()
    while runner.is_alive():
        client.current_session_state.terminated = True
        runner.thread.join(AGAIN_S)


@contextmanager
def slack_errors(token: str, address: str) -> Iterator[None]:
    """Make one sentence of what goes wrong while connecting."""
    try:
        yield
    except SlackApiError as error:
        raise SlackUnusable(
            f"Slack refuses slack.{token}: {error.response['error']}. "
            "Copy it again from the app's pages at api.slack.com/apps."
        ) from None
    except (OSError, HTTPException, SlackClientError, BoltError) as error:
        raise SlackUnusable(
            f"Cannot reach Slack at {address}: {redact(str(error))}. "
            "Check the connection, any proxy, and slack.api_url."
        ) from None
