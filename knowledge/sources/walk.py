"""Walks a folder without leaving it: every file once, links only where they add one."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.documents import Skipped
from knowledge.parse import ADVICE, PARSERS, ending
from knowledge.sources.denied import is_ignored_folder
from knowledge.sources.regular import OUTSIDE

# Line separators and marks that turn the direction of text would let a name pass for another.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Found:
    """A name below the folder, `path`, and where its content is below the folder, `real`."""

    path: str
    real: str
    status: os.stat_result


def walk(root: str) -> tuple[list[Found], list[Skipped]]:
    """All that is no folder and no link, what links add to it, and what cannot be told."""
    walker = _Walker(root)
    walker.files()
    walker.resolve_links()
    return walker.found, walker.skipped


@dataclass(slots=True)
class _Walker:
    root: str
    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _links: list[str] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def files(self) -> None:
        folders = [""]
        while folders:
            folder = folders.pop()
            for entry in self._entries(folder):
                path = folder + entry.name
                if self._has_plain_name(path) and self._look(path, entry):
                    folders.append(f"{path}/")

    def resolve_links(self) -> None:
        for path in sorted(self._links):
            try:
                real = os.path.realpath(os.path.join(self.root, path), strict=True)
                status = os.stat(real)
            except OSError:
                self._skip_if_document(path, "is a link that leads nowhere")
                continue
            if os.path.commonpath([real, self.root]) != self.root:
                self.skipped.append(Skipped(path, OUTSIDE))
            elif stat.S_ISDIR(status.st_mode):
                self._linked_folder(path, status)
            elif (status.st_dev, status.st_ino) not in self._seen:
                self._add(path, os.path.relpath(real, self.root), status)

    def _look(self, path: str, entry: os.DirEntry[str]) -> bool:
        try:
            return self._take(path, entry)
        except FileNotFoundError:
            # What vanishes while it is looked at was not there.
            return False
        except OSError as error:
            reason = f"cannot be looked at ({os.strerror(error.errno or 0)})"
            self._skip_if_document(path, reason)
            return False

    def _take(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Keep a file or a link; True for a folder to walk into."""
        if entry.is_symlink():
            self._links.append(path)
        elif entry.is_dir(follow_symlinks=False):
            return not is_ignored_folder(entry.name)
        else:
            self._add(path, path, entry.stat(follow_symlinks=False))
        return False

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                status = os.stat(os.path.join(self.root, folder))
                self._seen.add((status.st_dev, status.st_ino))
                yield from sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"is a folder that cannot be opened ({os.strerror(error.errno or 0)})"
            self.skipped.append(Skipped(folder or ".", reason))

    def _has_plain_name(self, path: str) -> bool:
        shown = path.encode(errors="backslashreplace").decode()
        if shown == path and not _CONTROLS.search(path):
            return True
        shown = _CONTROLS.sub("?", shown)
        self.skipped.append(Skipped(shown, "has a name that is not plain UTF-8; rename it"))
        return False

    def _add(self, path: str, real: str, status: os.stat_result) -> None:
        self._seen.add((status.st_dev, status.st_ino))
        self.found.append(Found(path, real, status))

    def _linked_folder(self, path: str, status: os.stat_result) -> None:
        if (status.st_dev, status.st_ino) not in self._seen:
            reason = "is a link to a hidden folder and is not followed; put the folder there"
            self.skipped.append(Skipped(path, reason))

    def _skip_if_document(self, path: str, reason: str) -> None:
        if ending(path) in PARSERS or ending(path) in ADVICE:
            self.skipped.append(Skipped(path, reason))
