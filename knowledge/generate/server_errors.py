"""What went wrong at a language model server, in one sentence for the operator, without a key."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import WriterUnavailable

LONGEST_WAIT = 5.0
"""Seconds: people wait for the answer, so a server that asks for more is not asked again."""
QUOTED = 200
"""Characters of the server's own words that are shown."""
CLOSED = "The connection to the language model server has been closed."
BUSY, GATEWAY = 429, (502, 503, 504)


class Failure(WriterUnavailable):
    """One request that failed, and whether it is worth another try."""

    def __init__(
        self, why: str, *, again: bool | float = False, counts: bool = True, status: int = 0
    ) -> None:
        super().__init__(why)
        self.again = again
        """Whether to ask again before any text was given, or after how many seconds."""
        self.counts = counts
        """Whether it says something about the server, and not about this one question."""
        self.status = status


class NotAStream(Exception):
    """The server answered with something else; the message is its content type."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the server answered instead of an answer."""

    status: int
    words: str = ""
    headers: httpx.Headers = field(default_factory=httpx.Headers)


def where(settings: ServerSettings) -> str:
    url = httpx.URL(settings.url)
    return f"The language model server at {url.copy_with(query=None, fragment=None)}"


def failure_of(error: Exception, settings: ServerSettings) -> Failure:
    """The failure that an exception of httpx, openai or llama-index stands for."""
    import openai

    if isinstance(error, openai.APIStatusError):
        told = Told(error.status_code, words_of(error.body), error.response.headers)
        return refused(told, settings)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    match cause:
        case NotAStream():
            return not_a_stream(str(cause), settings)
        case httpx.RequestError():
            return unreachable(cause, settings)
        case openai.APIError():
            said = quoted(cause.message, settings)
            return Failure(f"{where(settings)} broke off with an error: {said}.")
        case _:
            return Failure(
                f"{where(settings)} sent something that is no chat completion "
                f"({type(cause).__name__}): check that knowledge.server.url is an "
                "OpenAI-compatible API, ending in /v1."
            )


def refused(told: Told, settings: ServerSettings) -> Failure:
    """The failure of an answer whose status is not 200."""
    at, status = where(settings), told.status
    said = f": {quoted(told.words, settings)}" if told.words else ""
    if status in (401, 403):
        why = f"{at} refused the key ({status}): check knowledge.server.api_key."
    elif status == 404:
        why = (
            f"{at} has no model {settings.model!r} (404): check knowledge.server.model, and that "
            "knowledge.server.url ends in /v1."
        )
    elif status == BUSY:
        return busy(told, settings)
    elif 300 <= status < 400:
        why = f"{at} sends requests elsewhere ({status}): set knowledge.server.url to that address."
    elif status in (400, 413, 422):
        why = (
            f"{at} refused the prompt ({status}){said}. If it was too long, lower "
            "knowledge.server.context_tokens to what the server was started with."
        )
        return Failure(why, counts=False, status=status)
    else:
        why = f"{at} failed ({status}){said}. Its own log says why."
    return Failure(why, again=status in GATEWAY, status=status)


def busy(told: Told, settings: ServerSettings) -> Failure:
    wait = retry_after(told.headers.get("retry-after", ""))
    asked = f" and asks to wait {wait:.0f} s" if wait else ""
    why = f"{where(settings)} has too many questions (429){asked}: raise its limits, or ask later."
    if wait is None:
        return Failure(why, again=True, status=told.status)
    return Failure(why, again=wait if wait <= LONGEST_WAIT else False, status=told.status)


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date; None if it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - (now or datetime.now(UTC))).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def unreachable(error: httpx.RequestError, settings: ServerSettings) -> Failure:
    at = where(settings)
    match error:
        case httpx.ConnectTimeout():
            why = f"{at} did not take the connection within {settings.connect_seconds:g} s"
            return Failure(f"{why}: check knowledge.server.url and the network.")
        case httpx.PoolTimeout():
            return Failure(f"{at} is busy with too many of Lorebot's own questions.")
        case httpx.TimeoutException():
            why = f"{at} said nothing for {settings.stall_seconds:g} s"
            return Failure(f"{why} (knowledge.server.stall_seconds).")
        case httpx.ConnectError():
            said = quoted(str(error), settings)
            why = f"{at} cannot be reached ({said}): start it, or check knowledge.server.url."
            return Failure(why, again=True)
        case _:
            return Failure(f"{at} broke off the connection.", again=True)


def not_a_stream(content_type: str, settings: ServerSettings) -> Failure:
    return Failure(
        f"{where(settings)} answered with {quoted(content_type, settings)} instead of a stream: "
        "check that knowledge.server.url is an OpenAI-compatible API, ending in /v1."
    )


def words_of(body: object) -> str:
    """The message in an error's body, wherever the servers put it."""
    if not isinstance(body, dict):
        return ""
    inner = body.get("error", body)
    message = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) else ""


def quoted(words: str, settings: ServerSettings) -> str:
    """The server's words in one short line; some servers repeat the key that they refuse."""
    key = settings.api_key.get_secret_value()
    line = " ".join((words.replace(key, "***") if key else words).split()).rstrip(".")
    return line if len(line) <= QUOTED else line[: QUOTED - 1] + "…"
