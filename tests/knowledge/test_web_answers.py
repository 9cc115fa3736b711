"""Answers that drip, break off, swell or never end: each is given up in time and does no harm."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from knowledge.sources.web.source import WebSource

from .test_web import WebSite, reasons, serve, settings


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serve() as served:
        served.put("/a", "Words")
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "site"


@pytest.fixture
def source(site: WebSite, cache: Path) -> WebSource:
    return WebSource(settings(site.sitemap), cache, max_file_mb=1, page_seconds=0.5)


def drip(handler: BaseHTTPRequestHandler, before: bytes, drop: bytes) -> None:
    """Say a little at a time, for longer than anybody should listen."""
    handler.close_connection = True
    handler.wfile.write(before)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        handler.wfile.write(drop)
        handler.wfile.flush()
        time.sleep(0.05)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    drip(handler, b"HTTP/1.1 200 OK\r\nX-Long: ", b"x")


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    drip(
        handler, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n", b"x"
    )


def drip_without_end(handler: BaseHTTPRequestHandler) -> None:
    drip(handler, OK + b"\r\n", b"x")


def say_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    time.sleep(2)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\nx"
    )


def break_off_packed(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"Words")[:-9])


def lead_nowhere(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(301)
    handler.send_header("Location", "http://[::1")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def talk_nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"\x00\xff nonsense \r\n\r\n")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (drip_headers, "takes longer than 0.5 seconds"),
        (drip_body, "takes longer than 0.5 seconds"),
        (drip_without_end, "takes longer than 0.5 seconds"),
        (say_nothing, "takes longer than 0.5 seconds"),
        (lead_nowhere, "does not answer ("),
        (hang_up, "does not answer ("),
        (break_off, "does not answer ("),
        (break_off_packed, "breaks off before its end"),
        (talk_nonsense, "does not answer ("),
    ],
)
def test_a_page_that_does_not_come_in_time_or_whole_stays_as_it_was(
    site: WebSite,
    source: WebSource,
    caplog: pytest.LogCaptureFixture,
    fault: Callable[[BaseHTTPRequestHandler], None],
    told: str,
) -> None:
    page = site.put("/b", "Words")
    site.put("/c", "Other words")
    first = source.scan()
    page.send = fault
    site.pages["/c"].send = hang_up
    start = time.monotonic()

    assert source.scan() == first
    assert told in caplog.text
    assert time.monotonic() - start < 4


def test_a_new_page_that_does_not_come_is_told(site: WebSite, source: WebSource) -> None:
    site.put("/b", send=break_off)

    assert "does not answer (" in reasons(source)[f"{site.address}/b"]
    assert "; the next run asks again" in reasons(source)[f"{site.address}/b"]


def bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size)


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (b"x" * 1_000_001, "", "has 1 MB, over the limit of 1 MB"),
        (bomb(50_000_000), "gzip", "has 1 MB, over the limit of 1 MB"),
        (zlib.compress(bomb(50_000_000)), "deflate, gzip", "in an encoding that was not asked for"),
        (b"x", "br", "in an encoding that was not asked for (br)"),
    ],
)
def test_what_is_too_large_or_packed_to_swell_is_refused(
    site: WebSite, source: WebSource, body: bytes, encoding: str, told: str
) -> None:
    site.put("/b", body, headers={"Content-Encoding": encoding})

    assert told in reasons(source)[f"{site.address}/b"]


def flood(handler: BaseHTTPRequestHandler) -> None:
    """A body without an announced length and without an end."""
    handler.close_connection = True
    handler.wfile.write(OK + b"\r\n")
    [handler.wfile.write(b"x" * 100_000) for _ in range(1000)]


def test_what_has_no_end_is_refused(site: WebSite, source: WebSource) -> None:
    site.put("/b", send=flood)

    assert "over the limit of 1 MB" in reasons(source)[f"{site.address}/b"]
