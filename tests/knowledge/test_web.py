"""A site's pages as documents: which are read, under which paths, in which encodings."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Skipped
from knowledge.sources.settings import WebSettings
from knowledge.sources.web.source import WebSource

HTML = "text/html; charset=utf-8"


@dataclass
class Page:
    body: bytes = b""
    kind: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    lastmod: str = ""
    send: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Answers in its own, faulty way."""


@dataclass
class WebSite:
    """A site on this machine, with a sitemap of all pages unless it is given one."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def sitemap(self) -> str:
        return f"{self.address}/sitemap.xml"

    def put(self, path: str, body: str | bytes = "", **facts: Any) -> Page:
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(content, **facts)
        return self.pages[path]

    def listing(self) -> bytes:
        listed = [
            f"<url><loc>{self.address}{path}</loc><lastmod>{page.lastmod}</lastmod></url>"
            for path, page in self.pages.items()
            if path not in ("/robots.txt", "/unlisted")
        ]
        return urlset(*listed)


def urlset(*entries: str, root: str = "urlset") -> bytes:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{declaration}<{root} xmlns="{space}">{"".join(entries)}</{root}>'.encode()


class SiteHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    site: WebSite

    def do_GET(self) -> None:
        self.site.asked.append(self.path)
        self.site.agents.add(self.headers.get("User-Agent", ""))
        page = self.site.pages.get(self.path)
        if page is None and self.path == "/sitemap.xml":
            page = Page(self.site.listing(), "application/xml")
        page = page or Page(b"Nothing here.", status=404)
        if page.send:
            page.send(self)
        elif page.etag and self.headers.get("If-None-Match") == page.etag:
            self.answer(Page(status=304))
        else:
            self.answer(page)

    def answer(self, page: Page) -> None:
        self.send_response(page.status)
        headers = {"Content-Type": page.kind, "ETag": page.etag, **page.headers}
        [self.send_header(name, value) for name, value in headers.items() if value]
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *_: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Who asks may hang up at any time."""


@contextmanager
def serve() -> Iterator[WebSite]:
    site = WebSite()
    handler = type("Handler", (SiteHandler,), {"site": site})
    with QuietServer(("127.0.0.1", 0), handler) as server:
        site.address = f"http://127.0.0.1:{server.server_port}"
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def settings(sitemap: str, **chosen: object) -> WebSettings:
    facts = {"name": "site", "kind": "web", "sitemap": sitemap, "pause_ms": 0}
    return WebSettings.model_validate(facts | chosen)


def paths(source: WebSource) -> list[str]:
    return [file.path for file in source.scan()[0]]


def reasons(source: WebSource) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in source.scan()[1]}


def contents(source: WebSource) -> dict[str, bytes | Skipped]:
    return {file.path: source.read(file) for file in source.scan()[0]}


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serve() as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Not there yet, as on the first run."""
    return tmp_path / "cache" / "site"


@pytest.fixture
def source(site: WebSite, cache: Path) -> WebSource:
    return WebSource(settings(site.sitemap), cache)


def test_pages_have_their_address_and_the_sitemaps_date(site: WebSite, source: WebSource) -> None:
    site.put("/guide/", "<h1>Guide</h1>", lastmod="2024-05-01")

    files, skipped = source.scan()

    assert [(file.path, file.uri) for file in files] == [
        ("guide/index.html", f"{site.address}/guide/")
    ]
    assert files[0].modified_ns == 1_714_521_600 * 1_000_000_000
    assert files[0].size == len("<h1>Guide</h1>")
    assert source.read(files[0]) == b"<h1>Guide</h1>"
    assert skipped == []
    assert site.agents == {"lorebot"}


@pytest.mark.parametrize(
    ("address", "kind", "path"),
    [
        ("/", HTML, "index.html"),
        ("/guide", HTML, "guide.html"),
        ("/guide/", HTML, "guide/index.html"),
        ("/guide.html", HTML, "guide.html"),
        ("/guide.htm", HTML, "guide.htm"),
        ("/guide.php", HTML, "guide.php.html"),
        ("/v1.2", HTML, "v1.2.html"),
        ("/faq?id=3", HTML, "faq?id=3.html"),
        ("/manual", "application/pdf", "manual.pdf"),
        ("/manual.pdf", "application/octet-stream", "manual.pdf"),
        ("/notes", "text/plain", "notes.txt"),
        ("/notes.md", "text/plain", "notes.md"),
        ("/notes", "text/markdown", "notes.md"),
        ("/caf%C3%A9/%E5%8D%88%E9%A4%90", HTML, "café/午餐.html"),
        ("/a%2Fb/%2e%2e/c", HTML, "a%2Fb/%2e%2e/c.html"),
    ],
)
def test_a_path_ends_as_fits_the_content(
    site: WebSite, source: WebSource, address: str, kind: str, path: str
) -> None:
    site.put(address, "Some words.", kind=kind)

    assert paths(source) == [path]


def test_pages_whose_paths_would_be_the_same_have_paths_of_their_own(
    site: WebSite, source: WebSource
) -> None:
    site.put("/guide", "<h1>One</h1>")
    site.put("/guide.html", "<h1>Two</h1>")
    first = contents(source)

    assert sorted(first.values(), key=str) == [b"<h1>One</h1>", b"<h1>Two</h1>"]
    assert "guide.html" in first
    assert contents(source) == first


def test_what_is_no_document_is_told(site: WebSite, source: WebSource) -> None:
    site.put("/logo.png", b"\x89PNG", kind="image/png")
    site.put("/empty", "")
    site.put("/odd", "?", kind="")
    site.put("/private", "No", status=403)

    assert paths(source) == []
    assert {
        path.removeprefix(site.address): reason for path, reason in reasons(source).items()
    } == {
        "/logo.png": "is of a kind that is not read (image/png)",
        "/empty": "is empty",
        "/odd": "is of a kind that is not read (no type)",
        "/private": "may not be read (403); open it to robots, or take it out with exclude",
    }


def test_pages_can_be_chosen_by_how_their_paths_begin(site: WebSite, cache: Path) -> None:
    [site.put(path, "Words") for path in ("/docs/a", "/docs/old/b", "/blog/c", "/café/d")]
    chosen = settings(site.sitemap, include=("/docs/", "café"), exclude=("/docs/old",))
    site.pages["/caf%C3%A9/d"] = site.pages.pop("/café/d")

    assert paths(WebSource(chosen, cache)) == ["café/d.html", "docs/a.html"]
    assert "/blog/c" not in site.asked


def test_no_more_pages_are_read_than_agreed_and_that_is_told(site: WebSite, cache: Path) -> None:
    [site.put(f"/{number}", "Words") for number in range(5)]
    source = WebSource(settings(site.sitemap, max_pages=3), cache)

    assert paths(source) == ["0.html", "1.html", "2.html"]
    assert "names more pages than 3, and the rest is not read" in reasons(source)[site.sitemap]


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
def test_what_is_utf8_stays_as_it_came(site: WebSite, source: WebSource, content_type: str) -> None:
    site.put("/a", "Grün", kind=content_type)

    assert contents(source) == {"a.html": "Grün".encode()}


def test_an_encoding_that_only_the_header_names_is_not_lost(
    site: WebSite, source: WebSource
) -> None:
    site.put("/a", "Привет".encode("koi8-r"), kind='text/plain; charset="KOI8-R"')

    assert contents(source) == {"a.txt": "Привет".encode("utf-8-sig")}


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:]) + b"\0\0"),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ],
)
def test_packed_pages_are_unpacked(
    site: WebSite, source: WebSource, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    site.put("/a", pack(b"Words"), headers={"Content-Encoding": encoding})

    assert contents(source) == {"a.html": b"Words"}
