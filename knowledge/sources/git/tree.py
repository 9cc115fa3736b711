"""Which files of a commit are documents: the listing of its tree, told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.documents import Skipped, SourceFile
from knowledge.parse import ADVICE, PARSERS, ending, unreadable
from knowledge.sources.denied import is_debris, is_ignored_folder, is_secret
from knowledge.sources.regular import too_large

SECRET = "looks like a key or a password; keep those out of the repository"
LARGE_FILE_STORAGE = "is kept in Git LFS, which is not read; keep documents in git itself"

_LINK = b"120000"
_SUBMODULE = b"160000"
_CONTROLS = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    mode: bytes
    object_id: str
    size: int
    path: bytes


def entries(listing: bytes) -> Iterator[Entry]:
    """Read what `git ls-tree -r -z --long` writes."""
    for line in listing.split(b"\0")[:-1]:
        facts, _, path = line.partition(b"\t")
        mode, _, object_id, size = facts.split()
        yield Entry(mode, object_id.decode(), int(size) if size.isdigit() else 0, path)


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts below a folder of the repository."""

    folder: str
    limit: int
    """In bytes."""
    modified_ns: int

    def sort(self, listing: bytes) -> tuple[list[SourceFile], list[Skipped]]:
        """The documents, and what was left out and why, each in the order of their paths."""
        files: list[SourceFile] = []
        skipped: list[Skipped] = []
        for entry in entries(listing):
            path = _shown(entry.path)
            if not self._is_of_interest(path, entry.mode):
                continue
            if reason := self._reason(path, entry):
                skipped.append(Skipped(path, reason))
            else:
                files.append(SourceFile(path, entry.size, self.modified_ns, entry.object_id))
        return sorted(files, key=_path), sorted(skipped, key=_path)

    def _below(self, path: str) -> list[str]:
        """The parts of the path that the repository's people chose, not the operator."""
        return path.removeprefix(f"{self.folder}/" if self.folder else "").split("/")

    def _is_of_interest(self, path: str, mode: bytes) -> bool:
        *folders, name = self._below(path)
        if any(map(is_ignored_folder, folders)) or is_debris(name):
            return False
        readable = ending(name) in PARSERS or ending(name) in ADVICE
        return readable or mode == _SUBMODULE or is_secret(name)

    def _reason(self, path: str, entry: Entry) -> str | None:
        parts = self._below(path)
        if entry.mode == _SUBMODULE:
            return "is a submodule, which is not followed; make its repository a source of its own"
        if any(map(is_secret, parts)):
            return SECRET
        if path.encode() != entry.path or _has_no_place(path):
            return "has a name that is not plain UTF-8; rename it"
        if entry.mode == _LINK:
            return "is a link, which is not followed; what it leads to is read where it lies"
        if ending(path) not in PARSERS:
            return unreadable(path)
        if parts[-1].startswith("."):
            return "is hidden, for its name begins with a dot; rename it to have it read"
        if entry.size == 0:
            return "is empty"
        return too_large(entry.size, self.limit) if entry.size > self.limit else None


def is_large_file_pointer(data: bytes) -> bool:
    return len(data) < 1024 and data.startswith(b"version https://git-lfs.github.com/spec/")


def _shown(path: bytes) -> str:
    return _CONTROLS.sub("?", path.decode(errors="backslashreplace"))


def _has_no_place(path: str) -> bool:
    return any(part in ("", ".", "..") for part in path.split("/"))


def _path(entry: SourceFile | Skipped) -> str:
    return entry.path
