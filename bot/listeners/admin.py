"""/lore: acknowledged at once, then done by the one whose word comes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.blocks import Message, section
from bot.commands import reindex_act
from bot.listeners import learning, report, reviews
from bot.listeners.board import aside, say
from bot.listeners.call import Call, Misunderstood
from bot.mrkdwn import code
from bot.source_views import sources_message, with_errors
from bot.views import progress_message, status_message, summary_message

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

FULL = ("--full", "—full", "–full", "full")
"""Some keyboards make one dash of two."""


def commanding(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    def command(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        ack()
        act, *options = body.get("text", "").lower().split() or ["help"]
        place = (surface, body["user_id"], body["channel_id"])
        try:
            done_by = ACTS.get(act, not_understood)
            done_by(Call(lorebot, *place, tuple(options), client, respond))
        except Misunderstood:
            say(respond, help_message(lorebot.commands.help_text, " ".join([act, *options])))

    return command


def not_understood(call: Call) -> None:
    raise Misunderstood


def help_message(help_text: str, asked: str) -> Message:
    unknown = "" if asked == "help" else f"I do not know {code(asked)}.\n\n"
    text = unknown + help_text
    return Message(text, (section(text),))


def show_status(call: Call) -> None:
    call.alone()
    call.authorise("status")
    status = call.lorebot.commands.status()
    call.say(with_errors(status_message(status), status.source_errors))


def show_sources(call: Call) -> None:
    call.alone()
    call.authorise("sources")
    call.say(sources_message(call.lorebot.commands.sources()))


def reindex(call: Call) -> None:
    """It keeps one message up to date."""
    names = [option for option in call.options if option not in FULL]
    full = len(names) < len(call.options)
    call.authorise(reindex_act(names, full))
    board, commands = call.board(), call.lorebot.commands

    def run() -> None:
        report = commands.reindex(
            full,
            lambda step: board.show_now_and_then(progress_message(step)),
            call.actor,
            call.surface,
            only=names,
        )
        board.end(summary_message(report))

    aside(commands, "reindex", run, board.fail)


ACTS: Mapping[str, Callable[[Call], None]] = {
    "status": show_status,
    "sources": show_sources,
    "reindex": reindex,
    **learning.ACTS,
    **reviews.ACTS,
    **report.ACTS,
}
