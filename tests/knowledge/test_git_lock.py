"""Several processes on one copy of a repository: one at a time, and nobody waits for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from knowledge.documents import Skipped
from knowledge.sources import SourceUnavailable
from knowledge.sources.git.lock import locked
from knowledge.sources.git.source import GitSource

from .test_git import Repository, contents, make_repository, settings
from .test_git_history import clone_of


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit({"card.md": "Green.", "door.md": "Shut."})
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "repo"


@pytest.fixture
def source(repository: Repository, cache: Path) -> GitSource:
    return GitSource(settings(repository.root), cache)


SCAN = """
import sys
from pathlib import Path
from knowledge.sources.git.source import GitSource
from knowledge.sources.settings import GitSettings
source = GitSource(GitSettings(name="repo", kind="git", url=sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
print(*[source.read(file).decode() for file in source.scan()[0]])
"""


def test_two_processes_on_one_cache_wait_for_each_other(
    repository: Repository, source: GitSource, cache: Path
) -> None:
    cache.mkdir(parents=True)
    command = [sys.executable, "-c", SCAN, str(repository.root), str(cache)]
    mine: list[dict[str, bytes | Skipped]] = []
    waiting = threading.Thread(target=lambda: mine.append(contents(source)))
    with locked(cache / "lock", 1):
        other = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        waiting.start()
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        assert (other.poll(), waiting.is_alive()) == (None, True)
        assert not clone_of(cache).exists()
    written = other.communicate(timeout=60)
    waiting.join(60)

    assert written == (b"Green. Shut.\n", b"")
    assert mine == [{"card.md": b"Green.", "door.md": b"Shut."}]


def test_whoever_waits_too_long_says_so(repository: Repository, cache: Path) -> None:
    cache.mkdir(parents=True)
    impatient = GitSource(settings(repository.root), cache, fetch_seconds=0.1)

    with (
        locked(cache / "lock", 1),
        pytest.raises(SourceUnavailable, match="Another process has been fetching"),
    ):
        impatient.scan()
