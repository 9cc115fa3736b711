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

from bot.begun import EVENT_TYPE, Begun, Posted, follows_another, posted_in
from bot.blocks import Message
from bot.inbox import Question, may_be_an_aside

log = logging.getLogger(__name__)

READING = "is reading the documents…"
NOT_REPEATED = (
    "/chat.postMessage",
    "/chat.postEphemeral",
    "/chat.startStream",
    "/chat.appendStream",
    "/files.completeUploadExternal",
)
STOPPED = "stopped_by_user"
ENDED = {STOPPED, "message_not_in_streaming_state"}
STILL_STREAMING = "streaming_state_conflict"
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

    def end_session(self, question: Question) -> None:
        """Try to tell Slack, which shows that the bot works, that a stopped answer has ended."""
        try:
            self.quick.agents_sessions_setStatus(
                channel_id=question.channel, thread_ts=question.thread_ts, status="active"
            )
        except (SlackApiError, OSError, HTTPException) as error:
            log.debug("the session was not ended: %s", type(error).__name__)

    def deliver(
        self,
        question: Question,
        messages: Sequence[Message],
        mark: dict[str, Any],
        *,
        look_first: bool,
        begun: Sequence[Begun] = (),
    ) -> str:
        """Post what is not there yet and return the first message's ts.

        `mark` tells these messages from all others; `look_first` looks for them in the thread. What
        was `begun` becomes the first message. Raises RateLimited, Uncertain, Refused.
        """
        posted = self.posted(question, mark) if look_first else Posted()
        there, left = posted.parts, list({one.ts: one for one in [*posted.begun, *begun]}.values())
        if left and 0 not in there and self.complete(question, left[0], messages[0], mark):
            there[0] = left.pop(0).ts
        for one in left:
            self.remove(question, one)
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

    def complete(
        self, question: Question, begun: Begun, message: Message, mark: dict[str, Any]
    ) -> bool:
        """Make `message` of what was begun; False if Slack will not let that be changed."""
        trouble = self.close(question, begun, message) if begun.streaming else None
        try:
            called(
                self.client.chat_update,
                channel=question.channel,
                ts=begun.ts,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": EVENT_TYPE, "event_payload": {**mark, "part": 0}},
                link_names=False,
                parse="none",
            )
        except Refused as error:
            if str(error) == STILL_STREAMING and trouble is not None:
                raise trouble from None
            if str(error) == STILL_STREAMING and not begun.streaming:
                return self.complete(question, Begun(begun.ts, True), message, mark)
            log.warning("Slack does not let a message be completed: %s", error)
            return False
        return True

    def close(
        self, question: Question, begun: Begun, message: Message | None = None
    ) -> Exception | None:
        """End a stream with all of `message` but its text; what may have left it open, if any."""
        closing = [b for b in message.blocks if b["type"] != "section"] if message else None
        try:
            called(
                self.client.chat_stopStream,
                channel=question.channel,
                ts=begun.ts,
                blocks=closing or None,
            )
        except Refused as error:
            if str(error) in ENDED:
                return None
            return self.close(question, begun) if closing else error
        except (RateLimited, Uncertain) as error:
            return error
        return None

    def remove(self, question: Question, begun: Begun) -> None:
        """Try to take away what another message has replaced."""
        try:
            self.quick.chat_delete(channel=question.channel, ts=begun.ts)
        except (SlackApiError, OSError, HTTPException) as error:
            log.warning("a message that was only begun stays: %s", type(error).__name__)

    def posted(self, question: Question, mark: dict[str, Any]) -> Posted:
        """What of these messages is in the thread."""
        return posted_in(self.replies(question), question, mark)

    def begun(self, question: Question) -> list[Begun]:
        """Where an earlier worker has begun to write this answer."""
        return self.posted(question, {"question_ts": question.ts}).begun

    def is_aside(self, question: Question) -> bool:
        """Whether this is said between people: no question, and after another person's message."""
        try:
            return may_be_an_aside(question) and follows_another(
                question, self.replies(question, whole=True)
            )
        except Refused:
            return False

    def replies(self, question: Question, *, whole: bool = False) -> Iterator[dict[str, Any]]:
        """The thread from the question on, or from its first message; oldest first."""
        cursor = ""
        while True:
            page = called(
                self.client.conversations_replies,
                channel=question.channel,
                ts=question.thread_ts,
                oldest=None if whole else question.ts,
                limit=200,
                include_all_metadata=True,
                cursor=cursor or None,
            )
            yield from page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
