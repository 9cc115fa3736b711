"""Brings the kept copies of a site's pages up to date, asking for no more than is needed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from hashlib import sha256

from knowledge.documents import Skipped
from knowledge.sources import SourceUnavailable
from knowledge.sources.web.address import fitting_ending
from knowledge.sources.web.cache import PageCache, StoredPage
from knowledge.sources.web.fetch import Refused, Reply, Site, Unanswered
from knowledge.sources.web.robots import Robots
from knowledge.sources.web.sitemap import moment

_DAY = 24 * 3600.0
_TRUSTED_SECONDS = 3 * _DAY
_DOWN_AFTER = 5
_OVERLOADED = (429, 502, 503, 504)
_LONGEST_WAIT = 60.0


@dataclass(slots=True)
class Visits:
    """One run over the pages of a site."""

    site: Site
    cache: PageCache
    robots: Robots
    limit: int
    begun: float
    """Pages that were checked since then need not be asked for again."""
    trust_lastmod: bool
    kept: list[Skipped] = field(default_factory=list)
    """Pages that did not answer, why, and that are listed as they last were."""
    _silent: int = 0
    """How many requests in a row had no answer, or one that the site has too much to do."""
    _missed: int = 0

    def visit(self, url: str, lastmod: str) -> StoredPage | Skipped:
        """The page as it is now, or as it last was where it does not answer just now.

        Raises SourceUnavailable when one page after the other does not answer.
        """
        found = self.cache.find(url)
        if found and self._is_current(found, lastmod):
            return found
        stored, body = self.cache.load(url) or (None, b"")
        try:
            reply = self._ask(url, stored)
        except Unanswered as error:
            self._count_silence(url, str(error))
            return self._fall_back(url, stored, str(error))
        except Refused as error:
            self._silent = 0
            return Skipped(url, str(error))
        if reply.is_passing_trouble:
            reason = f"answers with {reply.status}"
            if reply.status in _OVERLOADED:
                self._count_silence(url, reason)
            return self._fall_back(url, stored, reason)
        self._silent = 0
        if reply.status == 304 and stored:
            stored = replace(stored, final_url=reply.url, lastmod=lastmod, checked=time.time())
            return self.cache.keep(stored, body)
        return self._take(url, lastmod, reply, stored)

    @property
    def failed(self) -> bool:
        """Whether a page did not answer that was never seen before."""
        return self._missed > 0

    def _is_current(self, stored: StoredPage, lastmod: str) -> bool:
        if stored.lastmod != lastmod:
            return False
        changed = moment(lastmod)
        # A date may be of any time zone, and may be true of a second change on the same day. And
        # some sites never move it, so it is not trusted for long.
        settled = changed is not None and stored.checked > changed + 2 * _DAY
        fresh = stored.checked > time.time() - _TRUSTED_SECONDS
        return stored.checked >= self.begun or (self.trust_lastmod and settled and fresh)

    def _ask(self, url: str, stored: StoredPage | None) -> Reply:
        conditions = stored.conditions if stored else {}
        reply = self.site.get(url, self.limit, conditions, self.robots.allow)
        wait = reply.headers.get("retry-after", "")
        if reply.is_passing_trouble and wait.isdecimal() and int(wait) <= _LONGEST_WAIT:
            time.sleep(int(wait))
            reply = self.site.get(url, self.limit, conditions, self.robots.allow)
        return reply

    def _count_silence(self, url: str, reason: str) -> None:
        self._silent += 1
        if self._silent >= _DOWN_AFTER:
            raise SourceUnavailable(
                f"{self.site.origin} has stopped to answer ({url} {reason}): check the site, and "
                "raise pause_ms if it is asked too often; the next run goes on from here."
            )

    def _fall_back(self, url: str, stored: StoredPage | None, reason: str) -> StoredPage | Skipped:
        if stored is None:
            self._missed += 1
            return Skipped(url, f"{reason}; the next run asks again")
        self.kept.append(Skipped(url, reason))
        return stored

    def _take(
        self, url: str, lastmod: str, reply: Reply, stored: StoredPage | None
    ) -> StoredPage | Skipped:
        if reason := _reason(reply):
            return Skipped(url, reason)
        content_type = reply.headers.get("content-type", "")
        ending = fitting_ending(content_type, reply.url)
        if ending is None:
            kind = content_type.partition(";")[0][:80] or "no type"
            return Skipped(url, f"is of a kind that is not read ({kind})")
        body = _as_declared(reply.body, content_type)
        content_hash = sha256(body).hexdigest()
        same = stored if stored and stored.content_hash == content_hash else None
        page = StoredPage(
            url=url,
            final_url=reply.url,
            ending=ending,
            content_hash=content_hash,
            size=len(body),
            modified=_modified(lastmod, reply, same.modified if same else time.time()),
            checked=time.time(),
            lastmod=lastmod,
            etag=reply.headers.get("etag", ""),
            last_modified=reply.headers.get("last-modified", ""),
        )
        return self.cache.keep(page, body)


def _reason(reply: Reply) -> str | None:
    """Why this answer is no page."""
    if reply.status in (404, 410):
        return f"is named by the sitemap and is not there ({reply.status})"
    if reply.status in (401, 403):
        return f"may not be read ({reply.status}); open it to robots, or take it out with exclude"
    if reply.status != 200:
        return f"answers with {reply.status}"
    return None if reply.body else "is empty"


def _as_declared(body: bytes, content_type: str) -> bytes:
    """In UTF-8, where only the header tells that it is not: a parser sees no headers."""
    kind, _, parameters = content_type.partition(";")
    _, _, charset = parameters.lower().partition("charset=")
    if not kind.strip().startswith("text/") or not charset:
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        pass
    else:
        return body
    try:
        return body.decode(charset.strip(" \"';")).encode("utf-8-sig")
    except (UnicodeError, LookupError):
        return body


def _modified(lastmod: str, reply: Reply, otherwise: float) -> float:
    """As the sitemap has it, or else as the page itself has it."""
    told = moment(lastmod)
    if told is not None:
        return told
    try:
        return max(0.0, parsedate_to_datetime(reply.headers["last-modified"]).timestamp())
    except (KeyError, ValueError, TypeError, OverflowError):
        return otherwise
