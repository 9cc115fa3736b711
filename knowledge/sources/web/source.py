"""A web site: the pages that its sitemap names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import httpx

from knowledge.documents import Skipped, SourceFile
from knowledge.sources import CHANGED, Known, SourceUnavailable
from knowledge.sources.settings import WebSettings
from knowledge.sources.web.address import origin_of, paths_of
from knowledge.sources.web.cache import PageCache, StoredPage
from knowledge.sources.web.fetch import PAGE_SECONDS, Site
from knowledge.sources.web.listing import list_pages, read_robots
from knowledge.sources.web.visit import Visits

log = logging.getLogger(__name__)


class WebSource:
    """The pages of a site, each under a path with an ending that fits what it is.

    `scan` brings the copies in the folder `cache` up to date, and `read` reads those. A page that
    does not answer just now is listed as it last was, and the log says so: to leave it out would
    take it out of the index. A page that is gone, or leads elsewhere, is left out.
    """

    def __init__(
        self,
        chosen: WebSettings,
        cache: Path,
        *,
        max_file_mb: int = 50,
        page_seconds: float = PAGE_SECONDS,
    ) -> None:
        self._chosen = chosen
        self._cache = PageCache(cache)
        self._limit = max_file_mb * 1_000_000
        self._page_seconds = page_seconds

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        address, login = _address(self._chosen.sitemap)
        pause = self._chosen.pause_ms / 1000
        site = Site(origin_of(address), login, pause=pause, seconds=self._page_seconds)
        try:
            return self._scan(site, str(address), bool(known))
        finally:
            site.close()

    def read(self, file: SourceFile) -> bytes | Skipped:
        page, body = self._cache.load(file.uri) or (None, b"")
        if page is None or page.content_hash != file.content_hash:
            return Skipped(file.path, CHANGED, later=True)
        return body

    def _scan(
        self, site: Site, sitemap: str, trust_lastmod: bool
    ) -> tuple[list[SourceFile], list[Skipped]]:
        robots = read_robots(site)
        site.pause = max(site.pause, robots.delay)
        listing = list_pages(site, sitemap, self._chosen, robots)
        begun = self._cache.begin()
        visits = Visits(site, self._cache, robots, self._limit, begun, trust_lastmod)
        outcomes = [visits.visit(url, lastmod) for url, lastmod in listing.lastmods.items()]
        pages = [outcome for outcome in outcomes if isinstance(outcome, StoredPage)]
        skipped = [outcome for outcome in outcomes if isinstance(outcome, Skipped)]
        if not pages and visits.failed:
            raise SourceUnavailable(
                f"No page of {site.origin} answers: check the site; the next run asks again."
            )
        self._cache.finish([page.url for page in pages])
        if visits.kept:
            first = visits.kept[0]
            log.warning(
                "%d of %d pages of %s did not answer and stay as they were; the first: %s %s",
                *(len(visits.kept), len(outcomes), site.origin, first.path, first.reason),
            )
        once, doubles = _without_doubles(pages)
        left_out = [*listing.skipped, *skipped, *doubles]
        return _as_files(once), sorted(left_out, key=lambda entry: entry.path)


def _address(sitemap: str) -> tuple[httpx.URL, tuple[str, str] | None]:
    """Without name and password, which are for the server alone. Raises SourceUnavailable."""
    try:
        url = httpx.URL(sitemap)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    if not url.host:
        raise SourceUnavailable(
            "The sitemap of the source is no address: set it to one like "
            "https://docs.example/sitemap.xml."
        )
    login = (url.username, url.password) if url.userinfo else None
    return url.copy_with(username=None, password=None, fragment=None), login


def _without_doubles(pages: Sequence[StoredPage]) -> tuple[list[StoredPage], list[Skipped]]:
    """Each page once, although several addresses may lead to it; its own address comes first."""
    taken: set[str] = set()
    once: list[StoredPage] = []
    doubles: list[Skipped] = []
    for page in sorted(pages, key=lambda page: (page.url != page.final_url, page.url)):
        if page.final_url in taken:
            doubles.append(Skipped(page.url, f"leads to {page.final_url}, which is read already"))
        else:
            taken.add(page.final_url)
            once.append(page)
    return once, doubles


def _as_files(pages: Sequence[StoredPage]) -> list[SourceFile]:
    paths = paths_of((page.url, page.ending) for page in pages)
    files = [
        SourceFile(
            path=paths[page.url],
            size=page.size,
            modified_ns=int(page.modified * 1e9),
            content_hash=page.content_hash,
            uri=page.url,
        )
        for page in pages
    ]
    return sorted(files, key=lambda file: file.path)
