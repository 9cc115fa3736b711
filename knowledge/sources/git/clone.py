"""The copy of a branch that is kept between runs: one commit deep, bare, made anew when damaged."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from knowledge.sources import SourceUnavailable
from knowledge.sources.git.address import Address
from knowledge.sources.git.advice import advice
from knowledge.sources.git.lock import locked
from knowledge.sources.git.run import GitFailed, first_complaint

FETCH_SECONDS = 1800.0
_LOCAL_SECONDS = 300.0
_HEAD = "refs/lorebot/head"
_FRESH = "fresh-"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit of the branch, and what `git ls-tree -z --long` says of its files."""

    seconds: int
    """When it was made, since 1970 (UTC)."""
    listing: bytes


@dataclass(frozen=True, slots=True)
class Clone:
    """The copy in a folder of its own; all methods may be called from several processes."""

    cache: Path
    address: Address
    seconds: float = FETCH_SECONDS

    @property
    def path(self) -> Path:
        return self.cache / "repository.git"

    def refresh(self) -> Head:
        """Fetch the branch. Raises SourceUnavailable."""
        with self._alone() as lock:
            if self.path.exists():
                try:
                    return self._fetch(self.path, lock)
                except GitFailed as error:
                    self._raise_if_not_ours(error)
            return self._clone_anew(lock)

    def renew(self) -> None:
        """Fetch everything again, for the copy is damaged. Raises SourceUnavailable."""
        with self._alone() as lock:
            self._clone_anew(lock)

    def blob(self, object_id: str) -> bytes:
        """A file's content, checked. Raises GitFailed."""
        git = self.address.git
        data = git.run(self.path, "cat-file", "blob", object_id, seconds=_LOCAL_SECONDS)
        if _object_id(data, len(object_id)) != object_id:
            raise GitFailed("the object is damaged")
        return data

    @contextmanager
    def _alone(self) -> Iterator[int]:
        try:
            self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Git trusts the settings of a copy; they must not be somebody else's.
            if self.cache.stat().st_uid != os.geteuid():
                raise PermissionError("it belongs to another user")
            with locked(self.cache / "lock", self.seconds) as lock:
                for left_over in self.cache.glob(f"{_FRESH}*"):
                    shutil.rmtree(left_over, ignore_errors=True)
                yield lock
        except OSError as error:
            raise SourceUnavailable(
                f"The folder {self.cache} cannot be used ({error.strerror or error}): "
                "make it a folder that the user that runs Lorebot owns and may write to."
            ) from error

    def _clone_anew(self, lock: int) -> Head:
        """Made beside and moved into place: a copy that is there is whole."""
        fresh = Path(tempfile.mkdtemp(prefix=_FRESH, dir=self.cache))
        try:
            self._run(fresh, "init", "--bare", "--quiet", "--template=", "--initial-branch=main")
            head = self._fetch(fresh, lock)
        except GitFailed as error:
            self._raise_if_not_ours(error)
            raise SourceUnavailable(
                f"git cannot fetch {self.address.url} ({first_complaint(error)}): check it by hand "
                "with git clone, as the user that runs Lorebot."
            ) from None
        else:
            _remove(self.path)
            fresh.rename(self.path)
            return head
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _fetch(self, clone: Path, lock: int) -> Head:
        refspec = f"+{self.address.reference}:{_HEAD}"
        options = ("--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        command = ("fetch", "--quiet", *options, "--", self.address.url, refspec)
        self.address.git.run(clone, *command, seconds=self.seconds, keep_open=(lock,))
        commit = self._run(clone, "rev-list", "--max-count=1", "--timestamp", _HEAD).split()
        listing = self._run(
            clone, "ls-tree", "-r", "-z", "--long", "--full-tree", commit[1].decode(), *self._below
        )
        if self.address.folder and not listing:
            raise SourceUnavailable(
                f"There is no folder {self.address.folder} on {self.address.shown_branch} of "
                f"{self.address.url}: set folder to one that has documents."
            )
        return Head(int(commit[0]), listing)

    @property
    def _below(self) -> tuple[str, ...]:
        return ("--", f"{self.address.folder}/") if self.address.folder else ()

    def _run(self, clone: Path, *arguments: str) -> bytes:
        return self.address.git.run(clone, *arguments, seconds=_LOCAL_SECONDS)

    def _raise_if_not_ours(self, error: GitFailed) -> None:
        """Only what may be the copy's fault is tried again with a fresh one."""
        told = advice(error, self.address.url, self.address.shown_branch, self.cache)
        if told is not None:
            raise SourceUnavailable(told) from None


def _object_id(data: bytes, length: int) -> str:
    """As git names a file's content."""
    function = hashlib.sha256 if length == 64 else hashlib.sha1
    return function(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
