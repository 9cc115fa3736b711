"""Sites that forbid, lead astray or are down: what is read nevertheless, and what is said."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from knowledge.sources import SourceUnavailable
from knowledge.sources.web.source import WebSource

from .test_web import WebSite, paths, reasons, serve, settings, urlset

XML = "application/xml"


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serve() as served:
        served.put("/a", "Words")
        yield served


@pytest.fixture
def other() -> Iterator[WebSite]:
    """Another server, that must never be asked."""
    with serve() as served:
        served.put("/stolen", "Not of this site")
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "site"


@pytest.fixture
def source(site: WebSite, cache: Path) -> WebSource:
    return WebSource(settings(site.sitemap), cache)


def loc(address: str, name: str = "url") -> str:
    return f"<{name}><loc>{address}</loc></{name}>"


def index(*addresses: str) -> bytes:
    return urlset(*(loc(address, "sitemap") for address in addresses), root="sitemapindex")


def test_pages_that_robots_txt_closes_are_not_asked_for(site: WebSite, source: WebSource) -> None:
    site.put("/private/b", "Secret")
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n", kind="text/plain")

    assert paths(source) == ["a.html"]
    assert reasons(source)[site.sitemap] == (
        f"names 1 page (such as {site.address}/private/b) that robots.txt closes to robots"
    )
    assert "/private/b" not in site.asked


def test_the_pause_that_robots_txt_asks_for_is_made(site: WebSite, source: WebSource) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n", kind="text/plain")
    start = time.monotonic()
    source.scan()

    assert site.asked == ["/robots.txt", "/sitemap.xml", "/a"]
    assert time.monotonic() - start >= 0.2


def test_a_pause_is_made_between_two_requests(site: WebSite, cache: Path) -> None:
    start = time.monotonic()
    WebSource(settings(site.sitemap, pause_ms=100), cache).scan()

    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_while_robots_txt_cannot_be_read_nothing_is_read(
    site: WebSite, source: WebSource, status: int
) -> None:
    site.put("/robots.txt", status=status)

    with pytest.raises(SourceUnavailable, match=rf"/robots.txt answers with {status}: check the"):
        source.scan()

    assert site.asked == ["/robots.txt"]


@pytest.mark.parametrize("status", [401, 404, 410])
def test_a_site_without_robots_txt_allows_everything(
    site: WebSite, source: WebSource, status: int
) -> None:
    site.put("/robots.txt", status=status)

    assert paths(source) == ["a.html"]


def test_indexes_and_packed_sitemaps_are_followed(site: WebSite, source: WebSource) -> None:
    site.put("/b", "More words")
    inner = index(f"{site.address}/pages.xml.gz", f"{site.address}/sitemap.xml")
    site.put("/sitemap.xml", index(f"{site.address}/inner.xml", f"{site.address}/a.xml"), kind=XML)
    site.put("/inner.xml", inner, kind=XML)
    packed = gzip.compress(urlset(loc(f"{site.address}/b")))
    site.put("/pages.xml.gz", packed, kind="application/gzip")
    site.put("/a.xml", urlset(loc(f"{site.address}/a")), kind=XML)

    assert paths(source) == ["a.html", "b.html"]
    assert site.asked.count("/sitemap.xml") == 1


def test_indexes_are_not_followed_for_ever(site: WebSite, source: WebSource) -> None:
    site.put("/sitemap.xml", index(f"{site.address}/1.xml"), kind=XML)
    site.put("/1.xml", index(f"{site.address}/2.xml", f"{site.address}/gone.xml"), kind=XML)
    site.put("/2.xml", index(f"{site.address}/3.xml"), kind=XML)
    site.put("/3.xml", urlset(loc(f"{site.address}/a")), kind=XML)

    assert reasons(source) == {
        f"{site.address}/2.xml": "is an index within an index within an index",
        f"{site.address}/gone.xml": "is not there (404)",
    }
    assert "/3.xml" not in site.asked


def test_pages_and_sitemaps_of_other_sites_are_told_and_not_asked_for(
    site: WebSite, source: WebSource, other: WebSite
) -> None:
    entries = [loc(f"{other.address}/stolen"), loc("https://docs.example/x"), loc("/b")]
    site.put("/pages.xml", urlset(loc(f"{site.address}/a"), *entries), kind=XML)
    site.put("/sitemap.xml", index(f"{site.address}/pages.xml", other.sitemap), kind=XML)

    assert paths(source) == ["a.html"]
    assert reasons(source) == {
        other.sitemap: f"is outside of {site.address}, and is not read",
        site.sitemap: f"names 3 pages (such as {other.address}/stolen) outside of {site.address}",
    }
    assert other.asked == []


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("", 404, "answers with 404"),
        ("", 503, "answers with 503"),
        ("<!DOCTYPE html><p>Log in", 200, "is another kind of document"),
        ("<urlset><url>", 200, "is not well-formed XML"),
        (b"\x1f\x8b\x08broken", 200, "is packed in a way that cannot be unpacked"),
        (gzip.compress(b" " * 64_000_001), 200, "over the limit of 64 MB"),
    ],
)
def test_a_sitemap_that_cannot_be_read_is_said(
    site: WebSite, source: WebSource, body: str | bytes, status: int, told: str
) -> None:
    site.put("/sitemap.xml", body, status=status)

    with pytest.raises(SourceUnavailable, match=rf"/sitemap.xml .*{told}.*: check the site, and"):
        source.scan()


def test_an_inner_sitemap_that_does_not_answer_drops_no_pages(
    site: WebSite, source: WebSource
) -> None:
    site.put("/sitemap.xml", index(f"{site.address}/1.xml"), kind=XML)
    site.put("/1.xml", status=500)

    with pytest.raises(SourceUnavailable, match=r"/1.xml answers with 500"):
        source.scan()


def test_redirects_within_the_site_are_followed(site: WebSite, source: WebSource) -> None:
    site.put("/old", status=301, headers={"Location": "/unlisted"})
    site.put("/unlisted", "New words")

    assert paths(source) == ["a.html", "old.html"]


def test_a_page_with_two_addresses_is_read_once(site: WebSite, source: WebSource) -> None:
    site.put("/0", status=302, headers={"Location": "a"})

    assert paths(source) == ["a.html"]
    assert paths(source) == ["a.html"]
    assert reasons(source) == {
        f"{site.address}/0": f"leads to {site.address}/a, which is read already"
    }


def test_redirects_to_another_site_are_refused(
    site: WebSite, source: WebSource, other: WebSite
) -> None:
    site.put("/b", status=301, headers={"Location": f"{other.address}/stolen"})
    site.put("/c", status=301, headers={"Location": "https://ada:secret@docs.example/"})
    site.put("/e", status=301, headers={"Location": "/e"})
    site.put("/f", status=301, headers={"Location": "/private"})
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n", kind="text/plain")
    outside = f"outside of {site.address}"

    assert paths(source) == ["a.html"]
    assert reasons(source) == {
        f"{site.address}/b": f"leads to {other.address}/stolen, {outside}",
        f"{site.address}/c": f"leads to https://docs.example/, {outside}",
        f"{site.address}/e": "leads from one address to the next without end",
        f"{site.address}/f": f"leads to {site.address}/private, which robots.txt closes to robots",
    }
    assert other.asked == []


def test_a_sitemap_that_has_moved_to_another_site_is_said(
    site: WebSite, source: WebSource, other: WebSite
) -> None:
    site.put("/sitemap.xml", status=301, headers={"Location": other.sitemap})

    with pytest.raises(SourceUnavailable, match=rf"leads to {other.sitemap}, outside of"):
        source.scan()


def test_a_site_that_is_down_is_said(cache: Path) -> None:
    with serve() as gone:
        sitemap = gone.sitemap

    with pytest.raises(SourceUnavailable, match=r"/robots.txt does not answer \(.*\): check"):
        WebSource(settings(sitemap), cache).scan()


@pytest.mark.parametrize("sitemap", ["http://", "https://:80/a", "http://[::1/a"])
def test_a_sitemap_without_an_address_is_said(cache: Path, sitemap: str) -> None:
    with pytest.raises(SourceUnavailable, match="is no address: set it to one like"):
        WebSource(settings(sitemap), cache).scan()


def test_a_site_of_which_no_page_answers_is_down(site: WebSite, source: WebSource) -> None:
    site.pages["/a"].status = 500

    with pytest.raises(SourceUnavailable, match=r"No page of .* answers: check the site"):
        source.scan()


def test_a_site_that_stops_to_answer_is_left_in_peace(site: WebSite, source: WebSource) -> None:
    [site.put(f"/{number}", status=503) for number in range(20)]

    with pytest.raises(SourceUnavailable, match=r"/4 answers with 503\): check the site, and"):
        source.scan()

    assert "/5" not in site.asked


def test_a_site_that_asks_to_wait_is_asked_once_more(site: WebSite, source: WebSource) -> None:
    answers = iter([429, 200])

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(next(answers))
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(b"Words")

    site.put("/b", send=send)

    assert paths(source) == ["a.html", "b.html"]


def test_a_password_in_the_address_is_sent_and_never_shown(site: WebSite, cache: Path) -> None:
    seen: list[str | None] = []

    def send(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        handler.send_error(500)

    site.put("/sitemap.xml", send=send)
    sitemap = site.sitemap.replace("http://", "http://ada:secret@")

    with pytest.raises(SourceUnavailable) as caught:
        WebSource(settings(sitemap), cache).scan()

    assert seen == ["Basic YWRhOnNlY3JldA=="]
    assert "secret" not in str(caught.value)
