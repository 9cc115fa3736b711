"""Repositories behind ssh: how they are fetched, and what its complaints are translated to."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.sources import SourceUnavailable
from knowledge.sources.git.source import GitSource

from .test_git import Repository, contents, make_repository, settings


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit({"card.md": "Green."})
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "repo"


@pytest.mark.parametrize("url", ["git@forge:{path}", "ssh://git@forge{path}", "forge:{path}"])
def test_a_repository_is_fetched_over_ssh(
    repository: Repository, cache: Path, tmp_path: Path, url: str
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nunset GIT_DIR\nexec sh -c "$last"\n')
    ssh.chmod(0o755)

    given = {"GIT_SSH_COMMAND": str(ssh)}
    source = GitSource(settings(url.format(path=repository.root)), cache, environment=given)

    assert contents(source) == {"card.md": b"Green."}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("git@forge: Permission denied (publickey).", "lets nobody in with what was set"),
        ("Host key verification failed.", "add its key to the known_hosts file"),
        ("ssh: connect to host forge port 22: Connection timed out", "does not answer"),
        ("ERROR: Repository not found.", "There is no git repository at"),
        ("Segmentation fault", "check it by hand with git clone"),
    ],
)
def test_what_ssh_complains_of_is_translated(
    cache: Path, tmp_path: Path, said: str, told: str
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    ssh.chmod(0o755)

    with pytest.raises(SourceUnavailable, match=told):
        GitSource(
            settings("git@forge:team/docs.git"),
            cache,
            environment={"GIT_SSH_COMMAND": str(ssh)},
        ).scan()
