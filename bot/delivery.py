"""Post an answer to Slack once and no more, although a call may fail after Slack has taken it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler
from slack_sdk.web import SlackResponse

from bot.blocks import Message
from bot.inbox import Question

log = logging.getLogger(__name__)

EVENT_TYPE = "lorebot_answer"
READING = "is reading the documents…"
NOT_REPEATED = ("/chat.postMessage", "/chat.postEphemeral")
TEMPORARY = {
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
RATE_LIMITED = {"ratelimited", "rate_limited"}
RETRY_AFTER_S = 30
LONGEST_WAIT_S = 600


class RateLimited(Exception):
    """Slack asks to wait `seconds` before the next call."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"rate limited for {seconds} s")
        self.seconds = seconds


class Uncertain(Exception):
    """The call failed, and Slack may or may not have taken it."""


class Refused(Exception):
    """Slack will never take this; the text is Slack's error code."""


class RepeatReadsOnly(ConnectionErrorRetryHandler):
    """Repeats a call whose connection broke, unless that could show people something twice."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith(NOT_REPEATED):
            return False
        return super()._can_retry(state=state, request=request, response=response, error=error)


def retry_handlers() -> list[RetryHandler]:
    return [RepeatReadsOnly()]


def called(method: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    """Slack's answer to one call. Raises RateLimited, Uncertain, Refused."""
    try:
        return method(**arguments)
    except SlackApiError as error:
        raise verdict(error.response) from None
    except (OSError, HTTPException) as error:
        raise Uncertain(type(error).__name__) from None


def verdict(response: SlackResponse) -> Exception:
    code = str(response.get("error", ""))
    if response.status_code == 429 or code in RATE_LIMITED:
        return RateLimited(seconds_to_wait(response.headers))
    if response.status_code >= 500 or code in TEMPORARY or "non-JSON" in code:
        return Uncertain(code[:80] or f"HTTP {response.status_code}")
    return Refused(code[:80])


def seconds_to_wait(headers: Mapping[str, str]) -> int:
    value = headers.get("Retry-After", headers.get("retry-after", ""))
    seconds = int(value) if value.isdecimal() else RETRY_AFTER_S
    return min(max(seconds, 1), LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True)
class Courier:
    """Brings messages into the thread of a question."""

    client: WebClient
    quick: WebClient
    """For what is only nice to have: it gives up early."""

    def show_status(self, question: Question, status: str = READING) -> None:
        """Try to show what the bot is doing; the answer does not depend on it."""
        try:
            self.quick.assistant_threads_setStatus(
                channel_id=question.channel, thread_ts=question.thread_ts, status=status
            )
        except (SlackApiError, OSError, HTTPException) as error:
            log.debug("no status shown: %s", type(error).__name__)

    def deliver(
        self,
        question: Question,
        messages: Sequence[Message],
        mark: dict[str, Any],
        *,
        look_first: bool,
    ) -> str:
        """Post what is not there yet and return the first message's ts.

        `mark` tells these messages from all others; `look_first` looks for them in the thread.
        Raises RateLimited, Uncertain, Refused.
        """
        there = self.posted(question, mark) if look_first else {}
        for part, message in enumerate(messages):
            if part not in there:
                there[part] = self.post(question, message, {**mark, "part": part})
        return there[0]

    def post(self, question: Question, message: Message, payload: dict[str, Any]) -> str:
        answer = called(
            self.client.chat_postMessage,
            channel=question.channel,
            thread_ts=question.thread_ts,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": EVENT_TYPE, "event_payload": payload},
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            parse="none",
        )
        return str(answer["ts"])

    def posted(self, question: Question, mark: dict[str, Any]) -> dict[int, str]:
        """The parts of these messages that are in the thread, with their ts."""
        found = {}
        for message in self.replies(question):
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and mark.items() <= payload.items():
                found[int(payload.get("part", 0))] = str(message["ts"])
        return found

    def replies(self, question: Question) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = called(
                self.client.conversations_replies,
                channel=question.channel,
                ts=question.thread_ts,
                oldest=question.ts,
                limit=200,
                include_all_metadata=True,
                cursor=cursor or None,
            )
            yield from page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
