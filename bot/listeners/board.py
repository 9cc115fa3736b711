"""The outcome of a command: said to its sender, or kept up to date in one message for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from slack_bolt import Respond
from slack_sdk import WebClient

from bot.blocks import Message, sentence_message
from bot.commands import Commands
from bot.delivery import RateLimited, Refused, Uncertain, called
from bot.errors import explain
from bot.listeners.failures import attempt, reply

UPDATE_S = 1.0
RESPONSE_S = 20.0
RESPONSES = 4
"""Slack takes five through one response url; the last is kept for the outcome."""


def say(respond: Respond, message: Message, *, replace: bool = False) -> bool:
    """For the sender alone; whether Slack has taken it."""
    blocks = list(message.blocks)
    return reply(respond, text=message.text, blocks=blocks, replace_original=replace)


def aside(
    commands: Commands, name: str, act: Callable[[], None], failed: Callable[[str], object]
) -> None:
    """Do what takes long in a thread of its own; `failed` is told why it came to nothing."""
    # Counted from here on: whoever stops Lorebot waits until the outcome has been told.
    counted = ExitStack()
    counted.enter_context(commands.counted())

    def run() -> None:
        with counted:
            try:
                act()
            except Exception as error:
                failed(explain(error))

    # Bolt's threads are for clicks.
    threading.Thread(target=run, name=name, daemon=True).start()


@dataclass(slots=True)
class Board:
    """One message, kept up to date: in the channel or, where that is barred, for the asker."""

    client: WebClient
    channel: str
    respond: Respond
    clock: Callable[[], float] = time.monotonic
    ts: str | None = None
    may_post: bool = True
    shown_at: float = float("-inf")
    responses: int = 0

    def show_now_and_then(self, message: Message) -> None:
        pause = UPDATE_S if self.may_post else RESPONSE_S
        if self.clock() - self.shown_at >= pause and (self.may_post or self.responses < RESPONSES):
            self.show(message)
            self.shown_at = self.clock()

    def show(self, message: Message) -> None:
        if self.ts is not None:
            attempt(self.client.chat_update, **self.content(message), ts=self.ts)
        elif self.may_post:
            self.post(message)
        else:
            self.tell(message)

    def post(self, message: Message) -> None:
        try:
            self.ts = called(self.client.chat_postMessage, **self.content(message))["ts"]
        except (RateLimited, Refused, Uncertain):
            self.may_post = False
            self.tell(message)

    def tell(self, message: Message) -> None:
        say(self.respond, message, replace=self.responses > 0)
        self.responses += 1

    def fail(self, sentence: str) -> None:
        self.end(sentence_message(sentence), failed=True)

    def end(self, message: Message, *, failed: bool = False) -> None:
        """The outcome; a failure before anything was shown is for the asker alone."""
        if failed and self.ts is None:
            self.may_post = False
        if self.ts is None:
            self.show(message)
        elif not attempt(self.client.chat_update, **self.content(message), ts=self.ts):
            self.post(message)

    def content(self, message: Message) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "text": message.text,
            "blocks": list(message.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
