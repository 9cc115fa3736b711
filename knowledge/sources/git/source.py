"""A git repository: the documents on one of its branches, as they are in its newest commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from knowledge.documents import Skipped, SourceFile
from knowledge.sources import CHANGED, Known
from knowledge.sources.denied import holds_private_key
from knowledge.sources.git.address import read_address
from knowledge.sources.git.clone import FETCH_SECONDS, Clone
from knowledge.sources.git.run import GitFailed
from knowledge.sources.git.tree import LARGE_FILE_STORAGE, SECRET, Rules, is_large_file_pointer
from knowledge.sources.settings import GitSettings


class GitSource:
    """The documents of a branch, under their paths in the repository.

    The content hash is git's own, so what did not change is never read; the time is that of the
    newest commit. A copy of that one commit stays in the folder `cache`.
    """

    def __init__(
        self,
        chosen: GitSettings,
        cache: Path,
        *,
        max_file_mb: int = 50,
        fetch_seconds: float = FETCH_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._chosen = chosen
        self._cache = cache
        self._limit = max_file_mb * 1_000_000
        self._fetch_seconds = fetch_seconds
        self._environment = environment or {}

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        clone = self._clone()
        head = clone.refresh()
        rules = Rules(clone.address.folder, self._limit, head.seconds * 1_000_000_000)
        return rules.sort(head.listing)

    def read(self, file: SourceFile) -> bytes | Skipped:
        clone = self._clone()
        try:
            data = clone.blob(file.content_hash)
        except GitFailed:
            # All that comes after would fail alike, and fall out of the index: mend it first.
            clone.renew()
            try:
                data = clone.blob(file.content_hash)
            except GitFailed:
                return Skipped(file.path, CHANGED, later=True)
        if holds_private_key(data):
            return Skipped(file.path, SECRET)
        if is_large_file_pointer(data):
            return Skipped(file.path, LARGE_FILE_STORAGE)
        return data

    def _clone(self) -> Clone:
        return Clone(
            self._cache, read_address(self._chosen, self._environment), self._fetch_seconds
        )
