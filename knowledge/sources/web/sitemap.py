"""Sitemaps: which pages a site has, and when each was last changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from xml.parsers import expat

_NAMES = {"urlset": "url", "sitemapindex": "sitemap"}
MOST_ENTRIES = 200_000
_DEEPEST = 32
_LONGEST = 8192


class BadSitemap(Exception):
    """The message says why this is no sitemap."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An address and the date as it stands there; empty if there is none."""

    address: str
    lastmod: str


@dataclass(frozen=True, slots=True)
class Sitemap:
    entries: list[Entry]
    is_index: bool
    """Whether the entries are sitemaps themselves."""


def parse_sitemap(data: bytes, most: int = MOST_ENTRIES) -> Sitemap:
    """Read a sitemap or an index of sitemaps. Raises BadSitemap, also beyond `most` entries.

    It is read as a stream and may declare nothing: no entity is ever expanded, no address fetched.
    """
    reader = _Reader(most)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_declarations
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadSitemap(f"is not well-formed XML ({error})") from None
    except (ValueError, LookupError):
        raise BadSitemap("is in an encoding that is not known") from None
    return Sitemap(reader.entries, reader.root == "sitemapindex")


@dataclass(slots=True)
class _Reader:
    most: int
    root: str = ""
    entries: list[Entry] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _loc: str = ""
    _lastmod: str = ""

    def refuse_declarations(self, *_: object) -> None:
        raise BadSitemap("is another kind of document (it begins with a DOCTYPE)")

    def start(self, name: str, _: object) -> None:
        local = name.rpartition(" ")[2]
        if not self._open and local not in _NAMES:
            raise BadSitemap(f"is another kind of document (it begins with <{local[:40]}>)")
        if len(self._open) >= _DEEPEST:
            raise BadSitemap("is nested too deeply")
        self.root = self.root or local
        self._open.append(local)
        if len(self._open) == 2:
            self._loc = self._lastmod = ""

    def text(self, data: str) -> None:
        # Deeper down, a picture or a film has a <loc> of its own.
        if len(self._open) != 3 or self._open[1] != _NAMES[self.root]:
            return
        if self._open[2] == "loc" and len(self._loc) < _LONGEST:
            self._loc += data
        if self._open[2] == "lastmod" and len(self._lastmod) < _LONGEST:
            self._lastmod += data

    def end(self, _: str) -> None:
        self._open.pop()
        if len(self._open) == 1 and self._loc.strip():
            self.entries.append(Entry(self._loc.strip(), self._lastmod.strip()[:40]))
            if len(self.entries) > self.most:
                raise BadSitemap(f"names more than {self.most:,} addresses")
            self._loc = ""


def moment(lastmod: str) -> float | None:
    """Seconds since 1970 of a date such as 2024, 2024-05, 2024-05-01 or with a time behind it."""
    missing = "-01" * (2 - lastmod.count("-")) if len(lastmod) < 10 else ""
    try:
        found = dt.datetime.fromisoformat(lastmod + missing)
        aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
        return max(0.0, aware.timestamp())
    except (ValueError, OverflowError):
        return None
