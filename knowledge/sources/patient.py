"""Sessions that wait, within bounds, when an API asks for it, and explain what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from knowledge.sources.regular import NotReadable, too_large

Sleep = Callable[[float], None]

TRIES = 4
LONGEST_WAIT = 30.0
"""Seconds; who asks for more is not waited for."""
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""
LONGEST_DOWNLOAD = 300.0

_BUSY = {429, 502, 503, 504}
_BLOCK = 1 << 16


class PatientAdapter(HTTPAdapter):
    """Asks again what was refused for a moment: too many requests, a server that restarts."""

    def __init__(self, sleep: Sleep = time.sleep) -> None:
        super().__init__()
        self._sleep = sleep

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        kwargs["timeout"] = TIMEOUT
        for tried in range(1, TRIES):
            response = super().send(request, *args, **kwargs)
            pause = self.is_busy(response) and asked_pause(response, 2.0 ** (tried - 1))
            if not pause or pause > LONGEST_WAIT:
                return response
            response.close()
            self._sleep(pause)
        return super().send(request, *args, **kwargs)

    def is_busy(self, response: requests.Response) -> bool:
        return response.status_code in _BUSY


def open_session(adapter: PatientAdapter) -> requests.Session:
    session = requests.Session()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def asked_pause(response: requests.Response, default: float) -> float:
    """Seconds to wait, as Retry-After has it: a number, or a date."""
    wanted = response.headers.get("Retry-After", "")
    if wanted.isdecimal():
        return max(float(wanted), 0.1)
    try:
        until = parsedate_to_datetime(wanted)
    except ValueError:
        return default
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.1)


def read_body(response: requests.Response, limit: int) -> bytes:
    """The body of a streamed answer; raises NotReadable beyond `limit` bytes."""
    blocks: list[bytes] = []
    size, end = 0, time.monotonic() + LONGEST_DOWNLOAD
    for block in response.iter_content(_BLOCK):
        blocks.append(block)
        size += len(block)
        if size > limit:
            response.close()
            raise NotReadable(too_large(size, limit))
        if time.monotonic() > end:
            response.close()
            raise requests.Timeout("a download without end")
    return b"".join(blocks)


def status_of(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def explain(who: str, error: Exception, advice: Mapping[int, str]) -> str:
    """One sentence about a failed request; `advice` has the API's own for some statuses.

    Nothing of the error's own text gets in: it may quote what was sent.
    """
    status = status_of(error)
    if status is not None and status in advice:
        return f"{who} {advice[status]}"
    if status == 429:
        return f"{who} asks to be asked less, even after waiting; reindex again in an hour."
    if status is not None and status >= 500:
        return f"{who} is not working (HTTP {status}); reindex again later."
    if status is not None:
        return f"{who} refused a request (HTTP {status}); check the source in lorebot.toml."
    if isinstance(error, requests.Timeout):
        return f"{who} does not answer in time; reindex again later."
    if isinstance(error, requests.exceptions.SSLError):
        return f"{who} has a certificate that is not trusted here; install its authority's."
    if isinstance(error, requests.ConnectionError):
        return f"{who} cannot be reached; check its address and this machine's network."
    return f"{who} answers with something else than its API; check the source in lorebot.toml."
