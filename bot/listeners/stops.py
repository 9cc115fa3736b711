"""Somebody has pressed Stop: what is being written in that thread ends, with what is there."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltContext

from bot.streaming import STOPS

STOP = "agent_session_stopped"


def stop(event: dict[str, Any], context: BoltContext) -> None:
    """Where another process writes the answer, Slack's `stopped_by_user` tells that one."""
    STOPS.stop((str(context.team_id), str(event.get("channel")), str(event.get("thread_ts"))))
