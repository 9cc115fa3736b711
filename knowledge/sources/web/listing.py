"""The pages of a site that are to be read: those that its sitemaps name and robots.txt allows."""

from __future__ import annotations

from dataclasses import dataclass, field

from knowledge.documents import Skipped
from knowledge.sources import SourceUnavailable
from knowledge.sources.settings import WebSettings
from knowledge.sources.web.address import is_wanted
from knowledge.sources.web.body import BadBody, inflate, is_gzip
from knowledge.sources.web.fetch import Refused, Reply, Site, Unanswered
from knowledge.sources.web.robots import Robots, parse_robots
from knowledge.sources.web.sitemap import BadSitemap, Entry, Sitemap, parse_sitemap

_DEEPEST_INDEX = 1
_MOST_SITEMAPS = 1000
_LARGEST_SITEMAP = 64_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    lastmods: dict[str, str]
    """From the address of each page to what the sitemap says of its last change."""
    skipped: list[Skipped]


def read_robots(site: Site) -> Robots:
    """What is not known to be allowed is not done: raises SourceUnavailable if it cannot be read.

    A site that has no robots.txt allows everything.
    """
    address = f"{site.origin}/robots.txt"
    try:
        reply = site.get(address, _LARGEST_SITEMAP)
    except (Unanswered, Refused) as error:
        raise SourceUnavailable(_advice(address, error)) from None
    if reply.is_passing_trouble:
        raise SourceUnavailable(_advice(address, f"answers with {reply.status}"))
    return parse_robots(reply.body) if reply.status == 200 else Robots()


def list_pages(site: Site, sitemap: str, chosen: WebSettings, robots: Robots) -> Listing:
    """Raises SourceUnavailable where a sitemap cannot be read: its pages would count as gone."""
    walk = _Walk(site, chosen, robots)
    walk.follow(sitemap)
    return Listing(walk.lastmods, walk.skipped + walk.left_out(sitemap))


@dataclass(slots=True)
class _Walk:
    site: Site
    chosen: WebSettings
    robots: Robots
    lastmods: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    _foreign: dict[str, None] = field(default_factory=dict)
    _closed: dict[str, None] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _too_many: bool = False

    def follow(self, url: str, depth: int = 0) -> None:
        """Take in a sitemap and all that it leads to; one that is gone names no pages."""
        self._seen.add(url)
        sitemap = self._read(url, depth)
        if sitemap is None:
            return
        if sitemap.is_index and depth > _DEEPEST_INDEX:
            self.skipped.append(Skipped(url, "is an index within an index within an index"))
        elif sitemap.is_index:
            self._follow_all(sitemap.entries, depth + 1)
        else:
            self._add(sitemap.entries)

    def left_out(self, url: str) -> list[Skipped]:
        """What is said once of many pages."""
        said = []
        if self._foreign:
            said.append(f"names {_such(self._foreign)} outside of {self.site.origin}")
        if self._closed:
            said.append(f"names {_such(self._closed)} that robots.txt closes to robots")
        if self._too_many:
            said.append(
                f"names more pages than {self.chosen.max_pages:,}, and the rest is not read; "
                "raise max_pages, or choose with include and exclude"
            )
        return [Skipped(url, reason) for reason in said]

    def _follow_all(self, entries: list[Entry], depth: int) -> None:
        for entry in entries:
            own = self.site.origin.own(entry.address)
            if self._too_many or own in self._seen:
                continue
            if own is None:
                outside = f"is outside of {self.site.origin}, and is not read"
                self.skipped.append(Skipped(entry.address[:300], outside))
            elif len(self._seen) >= _MOST_SITEMAPS:
                self.skipped.append(Skipped(own, f"is one sitemap more than {_MOST_SITEMAPS:,}"))
                return
            else:
                self.follow(own, depth)

    def _add(self, entries: list[Entry]) -> None:
        for entry in entries:
            own = self.site.origin.own(entry.address)
            if own is None:
                self._foreign[entry.address] = None
            elif not is_wanted(own, self.chosen.include, self.chosen.exclude):
                continue
            elif not self.robots.allow(own):
                self._closed[own] = None
            elif own not in self.lastmods and len(self.lastmods) >= self.chosen.max_pages:
                self._too_many = True
                return
            else:
                self.lastmods[own] = entry.lastmod

    def _read(self, url: str, depth: int) -> Sitemap | None:
        try:
            reply = self.site.get(url, _LARGEST_SITEMAP)
            if reply.status == 200:
                return parse_sitemap(_unpacked(reply))
        except (Unanswered, Refused, BadBody, BadSitemap) as error:
            raise SourceUnavailable(_advice(url, error)) from None
        if depth and reply.status in (404, 410):
            self.skipped.append(Skipped(url, f"is not there ({reply.status})"))
            return None
        raise SourceUnavailable(_advice(url, f"answers with {reply.status}"))


def _unpacked(reply: Reply) -> bytes:
    return inflate(reply.body, _LARGEST_SITEMAP) if is_gzip(reply.body) else reply.body


def _such(addresses: dict[str, None]) -> str:
    number = f"{len(addresses):,} page" + "s" * (len(addresses) > 1)
    return f"{number} (such as {next(iter(addresses))[:200]})"


def _advice(url: str, what: object) -> str:
    return f"{url} {what}: check the site, and the sitemap that is set; the next run asks again."
