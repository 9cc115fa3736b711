"""Somebody has pressed Stop: what is being written in that thread ends, with what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltContext

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

STOP = "agent_session_stopped"


def stopping(lorebot: Lorebot) -> Callable[..., None]:
    """Where another process writes the answer, Slack's `stopped_by_user` tells that one."""

    def stop(event: dict[str, Any], context: BoltContext) -> None:
        thread = (str(context.team_id), str(event.get("channel")), str(event.get("thread_ts")))
        lorebot.stops.stop(thread)

    return stop
