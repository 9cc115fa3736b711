"""A folder of documents: which of its files are documents, and their bytes."""

import hashlib
import os
import time
from pathlib import Path

from knowledge.documents import Skipped, SourceFile
from knowledge.parse import ADVICE, PARSERS, ending, unreadable
from knowledge.sources import CHANGED, Known, SourceUnavailable
from knowledge.sources.denied import holds_private_key, is_debris, is_secret
from knowledge.sources.regular import NotReadable, kind_reason, open_inside, read_all, too_large
from knowledge.sources.walk import Found, walk

_SECRET = "looks like a key or a password; keep those out of the folder of documents"
_TICK_NS = 2_000_000_000


class FolderSource:
    """The documents below a folder on this machine.

    Regular files only, with an ending that is read, not hidden, no secrets, and inside the folder
    after links are resolved. A link to a file inside counts only where the file itself does not.
    A hard link is a file like any other: the system lets nobody make one to a file that they may
    not read and write anyway, and nothing tells which of its names came first.
    What is parsed is what was hashed: `read` gives the bytes only if they still have the hash.
    """

    def __init__(self, root: Path, *, max_file_mb: int = 50) -> None:
        self._given = root
        self._limit = max_file_mb * 1_000_000

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        root = self._root()
        candidates, skipped = walk(root)
        files: list[SourceFile] = []
        for found in candidates:
            if not _is_of_interest(found):
                continue
            file = self._file(root, found, known or {})
            if isinstance(file, Skipped):
                skipped.append(file)
            else:
                files.append(file)
        return sorted(files, key=_path), sorted(skipped, key=_path)

    def read(self, file: SourceFile) -> bytes | Skipped:
        root = self._root()
        try:
            real = os.path.realpath(os.path.join(root, file.path), strict=True)
            data, _ = self._bytes(root, os.path.relpath(real, root))
        except OSError:
            return Skipped(file.path, "is gone; it was there a moment ago")
        except NotReadable as error:
            return Skipped(file.path, str(error))
        if hashlib.sha256(data).hexdigest() != file.content_hash:
            return Skipped(file.path, CHANGED, later=True)
        return data

    def _root(self) -> str:
        if not self._given.is_dir():
            raise SourceUnavailable(
                f"There is no folder of documents at {self._given}: set knowledge.documents, "
                "or the path of the source, in lorebot.toml to the folder to answer from."
            )
        return os.path.realpath(self._given)

    def _file(self, root: str, found: Found, known: Known) -> SourceFile | Skipped:
        if reason := self._reason(found):
            return Skipped(found.path, reason)
        size, modified, content_hash = known.get(found.path, (-1, 0, ""))
        if (size, modified) == (found.status.st_size, found.status.st_mtime_ns):
            return SourceFile(found.path, size, modified, content_hash)
        try:
            data, modified = self._bytes(root, found.real)
        except NotReadable as error:
            return Skipped(found.path, str(error))
        if holds_private_key(data):
            return Skipped(found.path, _SECRET)
        return SourceFile(found.path, len(data), modified, hashlib.sha256(data).hexdigest())

    def _reason(self, found: Found) -> str | None:
        name = found.path.rpartition("/")[2]
        if any(map(is_secret, (name, *found.real.split("/")))):
            return _SECRET
        if ending(name) not in PARSERS:
            return unreadable(name)
        if name.startswith("."):
            return "is hidden, for its name begins with a dot; rename it to have it read"
        if reason := kind_reason(found.status.st_mode):
            return reason
        if found.status.st_size == 0:
            return "is empty"
        if found.status.st_size > self._limit:
            return too_large(found.status.st_size, self._limit)
        return None

    def _bytes(self, root: str, real: str) -> tuple[bytes, int]:
        """The content and when it was last changed, from one and the same open file."""
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            descriptor = open_inside(folder, real)
        finally:
            os.close(folder)
        modified = os.fstat(descriptor).st_mtime_ns
        if time.time_ns() - modified < _TICK_NS:
            # It may change once more within the clock's tick: this time will not match again.
            modified -= 1
        return read_all(descriptor, self._limit), modified


def _is_of_interest(found: Found) -> bool:
    """Pictures and programs are no news to anyone; a key or an old Word file is."""
    name = found.path.rpartition("/")[2]
    readable = ending(name) in PARSERS or ending(name) in ADVICE
    return not is_debris(name) and (readable or is_secret(name))


def _path(entry: SourceFile | Skipped) -> str:
    return entry.path
