"""What a person reads when a click, a form or a command failed."""

from __future__ import annotations

import logging
from http.client import HTTPException
from typing import Any

from slack_bolt import BoltContext, BoltResponse, Respond
from slack_sdk import WebClient

from bot.delivery import RateLimited, Refused, Uncertain, called
from bot.errors import NotStored, explain, is_expected
from bot.mrkdwn import escape
from bot.review_views import ReviewPlace
from bot.views import AnswerPlace

log = logging.getLogger(__name__)


def answer(
    error: Exception, body: dict[str, Any], client: WebClient, context: BoltContext
) -> BoltResponse | None:
    """Tell the person who did it. What was to be expected counts as handled."""
    if isinstance(error, NotStored):
        log.error("an event was not stored, so Slack will send it again: %s", error)
        return None
    tell(escape(explain(error)), body, client, context)
    return BoltResponse(status=200, body="") if is_expected(error) else None


def tell(text: str, body: dict[str, Any], client: WebClient, context: BoltContext) -> None:
    """An ephemeral message where the person is, if that can be known."""
    if body.get("command") and context.respond is not None:
        reply(context.respond, text=text)
        return
    user = (body.get("user") or {}).get("id") if isinstance(body.get("user"), dict) else None
    channel, thread_ts = place_of(body)
    if user and channel:
        whisper(client, channel=channel, user=user, text=text, thread_ts=thread_ts)


def place_of(body: dict[str, Any]) -> tuple[str | None, str | None]:
    """Channel and thread of a click, or of the answer that a form is about."""
    packed = (body.get("view") or {}).get("private_metadata") or ""
    form = AnswerPlace.unpacked(packed) or ReviewPlace.unpacked(packed)
    if form is not None:
        return form.channel, form.thread_ts
    container = body.get("container") or {}
    return container.get("channel_id"), container.get("thread_ts")


def whisper(
    client: WebClient, *, channel: str, user: str, text: str, thread_ts: str | None
) -> None:
    """Say something to one person; if that fails, it is only noted."""
    attempt(client.chat_postEphemeral, channel=channel, user=user, text=text, thread_ts=thread_ts)


def reply(respond: Respond, **message: Any) -> bool:
    """Answer a command for its sender alone; if that fails, it is only noted. Whether it worked."""
    try:
        status = respond(response_type="ephemeral", **message).status_code
    except (OSError, HTTPException) as error:
        log.warning("a command was not answered: %s", type(error).__name__)
        return False
    if status != 200:
        log.warning("a command was not answered: HTTP %s", status)
    return status == 200


def attempt(method: Any, **arguments: Any) -> bool:
    """Call Slack for something that may fail; whether it worked."""
    try:
        called(method, **arguments)
    except (RateLimited, Refused, Uncertain) as error:
        log.warning("%s failed: %s", getattr(method, "__name__", "a call"), error)
        return False
    return True
