"""Asks one site for its pages: politely, in limited time, and nobody else."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from knowledge.sources.regular import too_large
from knowledge.sources.web.address import Origin
from knowledge.sources.web.body import BadBody, BrokenBody, read_body
from knowledge.sources.web.robots import AGENT

PAGE_SECONDS = 60.0
_SILENCE_SECONDS = 20.0
_MOST_REDIRECTS = 5
_HEADERS = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


class Unanswered(Exception):
    """No answer came, this time; the message is the reason."""


class Refused(Exception):
    """An answer came that is not taken; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`url` is where it came from in the end."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_passing_trouble(self) -> bool:
        return self.status >= 500 or self.status in (408, 425, 429)


class Site:
    """A connection to an origin, with a pause between two requests."""

    def __init__(
        self,
        origin: Origin,
        login: tuple[str, str] | None,
        *,
        pause: float,
        seconds: float = PAGE_SECONDS,
    ) -> None:
        self.origin = origin
        self.pause = pause
        self._seconds = seconds
        self._next = self._until = 0.0
        self._socket: socket.socket | None = None
        silence = min(_SILENCE_SECONDS, seconds)
        self._client = httpx.Client(
            auth=login, headers=_HEADERS, timeout=silence, verify=_certificates()
        )

    def close(self) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        limit: int,
        conditions: Mapping[str, str] | None = None,
        allow: Callable[[str], bool] = lambda _: True,
    ) -> Reply:
        """Follow redirects within the origin, to what `allow` allows. Raises Unanswered, Refused.

        `limit` is in bytes and holds for the body as sent and as unpacked.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._get_one(url, limit, conditions or {})
            if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
                return reply
            url = self._target(reply, allow)
        raise Refused("leads from one address to the next without end")

    def _target(self, reply: Reply, allow: Callable[[str], bool]) -> str:
        target = str(httpx.URL(reply.url).join(reply.headers["location"]))
        own = self.origin.own(target)
        if own is None:
            raise Refused(f"leads to {_without_login(target)}, outside of {self.origin}")
        if not allow(own):
            raise Refused(f"leads to {own}, which robots.txt closes to robots")
        return own

    def _get_one(self, url: str, limit: int, conditions: Mapping[str, str]) -> Reply:
        time.sleep(max(0.0, self._next - time.monotonic()))
        cut = threading.Timer(self._seconds, self._cut)
        cut.daemon = True
        self._until = time.monotonic() + self._seconds
        cut.start()
        try:
            reply = self._exchange(url, limit, conditions)
        except BrokenBody as error:
            self._refuse_if_late()
            raise Unanswered(str(error)) from None
        except BadBody as error:
            raise Refused(str(error)) from None
        except httpx.TimeoutException:
            self._refuse_if_late()
            raise Unanswered("does not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            self._refuse_if_late()
            raise Unanswered(f"does not answer ({_in_words(error)})") from None
        finally:
            cut.cancel()
            self._next = time.monotonic() + self.pause
        # A body whose length was not announced looks whole when it is cut.
        self._refuse_if_late()
        return reply

    def _exchange(self, url: str, limit: int, conditions: Mapping[str, str]) -> Reply:
        with self._client.stream(
            "GET", url, headers=conditions, extensions={"trace": self._keep_socket}
        ) as response:
            announced = response.headers.get("content-length", "")
            if announced.isascii() and announced.isdigit() and int(announced) > limit:
                raise BadBody(too_large(int(announced), limit))
            encoding = response.headers.get("content-encoding", "")
            body = read_body(response.iter_raw(), encoding, limit)
            return Reply(url, response.status_code, response.headers, body)

    def _keep_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if time.monotonic() >= self._until:
                self._cut()

    def _refuse_if_late(self) -> None:
        if time.monotonic() >= self._until:
            raise Unanswered(f"takes longer than {self._seconds:g} seconds") from None

    def _cut(self) -> None:
        """End the connection: a timeout begins anew with each byte, so that drops can go on."""
        if self._socket is not None:
            # Not as the TLS socket would do it, for another thread is reading from that.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@cache
def _certificates() -> ssl.SSLContext:
    """Those that are trusted; to load them takes longer than most pages."""
    return httpx.create_ssl_context()


def _without_login(address: str) -> str:
    return str(httpx.URL(address).copy_with(username=None, password=None))[:200]


def _in_words(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
