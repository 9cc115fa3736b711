"""What sources behind an API have in common: pages listed by version, fetched one by one."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import requests

from knowledge.documents import Skipped, SourceFile
from knowledge.errors import KnowledgeUnusable
from knowledge.sources import Known, SourceUnavailable
from knowledge.sources.denied import holds_private_key
from knowledge.sources.patient import explain, status_of
from knowledge.sources.regular import NotReadable, too_large

MOST_FAILURES = 3
"""After so many in a row an API is taken for down, and nothing more is asked of it."""

# What foreign data raises where it has not the form that its API promises.
_ODD = (LookupError, TypeError, ValueError, AttributeError)
_OF_ONE_PAGE = {400, 403, 404, 410, 413, 422}
_NO_WORD = re.compile(r"[\W_]+")
_LONGEST_NAME = 80


class NotTheApi(Exception):
    """What answers is something else: a proxy, a page to log in."""


@dataclass(frozen=True, slots=True)
class Page:
    """A document as its API lists it."""

    id: str
    path: str
    title: str
    version: str
    """Whatever changes when the content does."""
    modified: str
    """When it was last changed, in ISO 8601."""
    uri: str
    size: int = 0
    """Bytes, where the listing tells."""


class RemoteSource(ABC):
    """Pages of an API. An unchanged one is known by its version and is not fetched again."""

    def __init__(self, who: str, advice: Mapping[int, str], *, max_file_mb: int) -> None:
        """`who` begins a sentence that `advice` goes on with, by HTTP status."""
        self._who = who
        self._advice = advice
        self.limit = max_file_mb * 1_000_000
        self._pages: dict[str, Page] = {}
        self._failures = 0

    @abstractmethod
    def pages(self) -> Iterable[Page | Skipped]:
        """All that there is now; raises SourceUnavailable, NotTheApi or requests' exceptions."""

    @abstractmethod
    def fetch(self, page: Page) -> bytes:
        """Its content; raises NotReadable too."""

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        with self._told():
            listed = {entry.path: entry for entry in self.pages()}
        self._failures = 0
        self._pages = {path: page for path, page in listed.items() if isinstance(page, Page)}
        files = [_file(self._pages[path]) for path in sorted(self._pages)]
        skipped = [entry for entry in listed.values() if isinstance(entry, Skipped)]
        return files, sorted(skipped, key=lambda entry: entry.path)

    def read(self, file: SourceFile) -> bytes | Skipped:
        page = self._pages.get(file.path)
        if page is None:
            return Skipped(file.path, "is gone; it was there a moment ago")
        if self._failures >= MOST_FAILURES:
            reason = f"was not asked for, because {self._who} is down"
            return Skipped(file.path, reason, later=True)
        try:
            return self._checked(self.fetch(page))
        except NotReadable as error:
            return Skipped(file.path, str(error))
        except (requests.RequestException, NotTheApi, SourceUnavailable) as error:
            return Skipped(file.path, self._reason(error), later=status_of(error) != 404)
        except _ODD:
            return Skipped(file.path, f"has a form that is not understood in {self._who}'s answer")

    def _checked(self, data: bytes) -> bytes:
        self._failures = 0
        if len(data) > self.limit:
            raise NotReadable(too_large(len(data), self.limit))
        if holds_private_key(data):
            raise NotReadable("looks like a key; keep those out of the documents")
        return data

    def _reason(self, error: Exception) -> str:
        status = status_of(error)
        if status == 404:
            return "is gone; it was there a moment ago"
        if status not in _OF_ONE_PAGE:
            self._failures += 1
        return f"could not be fetched: {self._explained(error)}"

    def _explained(self, error: Exception) -> str:
        if isinstance(error, SourceUnavailable):
            return str(error)
        return explain(self._who, error, self._advice)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Failures become SourceUnavailable; their own text, which may hold a key, is dropped."""
        try:
            yield
        except (requests.RequestException, NotTheApi, *_ODD) as error:
            raise SourceUnavailable(self._explained(error)) from None


@contextmanager
def needed_extra(extra: str) -> Iterator[None]:
    """Around imports; raises KnowledgeUnusable that names what to install."""
    try:
        yield
    except ImportError as error:
        raise KnowledgeUnusable(
            f"A source of kind {extra} needs packages that are not installed: "
            f"pip install 'lorebot[{extra}]'."
        ) from error


def as_object(answer: object) -> dict[str, object]:
    """A JSON object; raises NotTheApi."""
    if not isinstance(answer, dict):
        raise NotTheApi
    return answer


def file_name(title: str, page_id: str, ending: str) -> str:
    """A name that people can read, and that is unique: `Night-shift-4711.html`."""
    words = _NO_WORD.sub("-", title)[:_LONGEST_NAME].strip("-")
    return f"{words}-{page_id}{ending}".lstrip("-")


def _file(page: Page) -> SourceFile:
    content_hash = hashlib.sha256(f"{page.id} {page.version}".encode()).hexdigest()
    return SourceFile(page.path, page.size, _nanoseconds(page.modified), content_hash, page.uri)


def _nanoseconds(moment: str) -> int:
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1e6) * 1000
    except ValueError:
        return 0
