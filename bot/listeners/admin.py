"""/lore: acknowledged at once, then done; a reindex keeps one message up to date."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.blocks import Message, section, sentence_message
from bot.commands import Commands, reindex_act
from bot.delivery import RateLimited, Refused, Uncertain, called
from bot.errors import explain
from bot.listeners.failures import attempt, reply
from bot.mrkdwn import code
from bot.source_views import sources_message, with_errors
from bot.views import progress_message, status_message, summary_message
from knowledge.report import Progress

UPDATE_S = 1.0
RESPONSE_S = 20.0
RESPONSES = 4
"""Slack takes five through one response url; the last is kept for the outcome."""
FULL = ("--full", "—full", "–full", "full")
"""Some keyboards make one dash of two."""


def commanding(commands: Commands, surface: str) -> Callable[..., None]:
    def command(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        act, *options = body.get("text", "").lower().split() or ["help"]
        actor = body["user_id"]
        if act == "status" and not options:
            commands.authorise(actor, surface, act)
            status = commands.status()
            say(respond, with_errors(status_message(status), status.source_errors))
        elif act == "sources" and not options:
            commands.authorise(actor, surface, act)
            say(respond, sources_message(commands.sources()))
        elif act == "reindex":
            names = [option for option in options if option not in FULL]
            full = len(names) < len(options)
            commands.authorise(actor, surface, reindex_act(names, full))
            board = Board(client, body["channel_id"], respond)
            start(commands, board, full, actor, surface, names)
        else:
            say(respond, help_message(commands.help_text, " ".join([act, *options])))

    return command


def help_message(help_text: str, asked: str) -> Message:
    unknown = "" if asked == "help" else f"I do not know {code(asked)}.\n\n"
    text = unknown + help_text
    return Message(text, (section(text),))


def say(respond: Respond, message: Message, *, replace: bool = False) -> None:
    blocks = list(message.blocks)
    reply(respond, text=message.text, blocks=blocks, replace_original=replace)


def start(
    commands: Commands, board: Board, full: bool, actor: str, surface: str, only: Collection[str]
) -> None:
    # Counted from here on: whoever stops Lorebot waits until the outcome has been told.
    counted = ExitStack()
    counted.enter_context(commands.counted())

    def run() -> None:
        with counted:
            try:
                report = commands.reindex(full, board.show_progress, actor, surface, only=only)
            except Exception as error:
                board.end(sentence_message(explain(error)), failed=True)
            else:
                board.end(summary_message(report))

    # A thread of its own: it takes minutes, and Bolt's threads are for clicks.
    threading.Thread(target=run, name="reindex", daemon=True).start()


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

    def show_progress(self, step: Progress) -> None:
        pause = UPDATE_S if self.may_post else RESPONSE_S
        if self.clock() - self.shown_at >= pause and (self.may_post or self.responses < RESPONSES):
            self.show(progress_message(step))
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
