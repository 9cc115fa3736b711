"""Pages as they last came: a file for each, with the facts on its first line, then the body."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from knowledge.sources import SourceUnavailable

_ENDING = ".page"
_UNFINISHED = "unfinished"
_LONGEST_LINE = 64 * 1024
_RESUME_SECONDS = 24 * 3600.0
_STALE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredPage:
    """What is known of a page; times are in seconds since 1970 (UTC)."""

    url: str
    final_url: str
    """Where the redirects ended."""
    ending: str
    content_hash: str
    size: int
    modified: float
    checked: float
    """When the site last said that this is the page."""
    lastmod: str
    etag: str
    last_modified: str

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it has changed."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in conditions.items() if value}


@dataclass(frozen=True, slots=True)
class PageCache:
    """A damaged file counts as none; several processes may use the folder."""

    folder: Path

    def find(self, url: str) -> StoredPage | None:
        """What is known of the page, without a look at its body."""
        with suppress(OSError, ValueError, TypeError), self._file(url).open("rb") as file:
            line = file.readline(_LONGEST_LINE)
            page = StoredPage(**json.loads(line))
            if page.url == url and os.fstat(file.fileno()).st_size == len(line) + page.size:
                return page
        return None

    def load(self, url: str) -> tuple[StoredPage, bytes] | None:
        """The page and its body, if that still has the hash of the page."""
        with suppress(OSError, ValueError, TypeError):
            line, _, body = self._file(url).read_bytes().partition(b"\n")
            page = StoredPage(**json.loads(line))
            if page.url == url and sha256(body).hexdigest() == page.content_hash:
                return page, body
        return None

    def keep(self, page: StoredPage, body: bytes) -> StoredPage:
        self._write(self._file(page.url), json.dumps(asdict(page)).encode() + b"\n" + body)
        return page

    def begin(self) -> float:
        """When this run, or the one that it takes up because it was broken off, was begun."""
        now = time.time()
        marker = self.folder / _UNFINISHED
        with suppress(OSError, ValueError):
            begun = float(marker.read_text())
            if now - _RESUME_SECONDS < begun <= now:
                return begun
        self._write(marker, str(now).encode())
        return now

    def finish(self, urls: Collection[str]) -> None:
        """The run is complete: forget all other pages."""
        names = {self._file(url).name for url in urls}
        for path in self.folder.iterdir():
            if path.name not in names and _is_left_over(path):
                path.unlink(missing_ok=True)

    def _file(self, url: str) -> Path:
        return self.folder / f"{sha256(url.encode()).hexdigest()[:40]}{_ENDING}"

    def _write(self, path: Path, data: bytes) -> None:
        """All of it or nothing, whenever the process ends."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(dir=self.folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.replace(beside, path)
            except BaseException:
                os.unlink(beside)
                raise
        except OSError as error:
            raise SourceUnavailable(
                f"The folder {self.folder} cannot be written to ({error.strerror}): make room "
                "there, or make it a folder that the user that runs Lorebot may write to."
            ) from error


def _is_left_over(path: Path) -> bool:
    """Pages and the marker; what another process is writing only when it is old."""
    if path.suffix == _ENDING or path.name == _UNFINISHED:
        return True
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    return False
