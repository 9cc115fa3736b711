"""Settings that git must not be given: they never reach it, and it is said what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.sources import SourceUnavailable
from knowledge.sources.git.source import GitSource

from .test_git import Repository, make_repository, paths, settings

TOKEN = "ghp-very-secret"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit({"card.md": "Green."})
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "repo"


def test_a_password_in_the_address_is_refused_and_not_repeated(cache: Path) -> None:
    with pytest.raises(SourceUnavailable, match="take it out and set it as token") as caught:
        GitSource(settings(f"https://ada:{TOKEN}@forge.example/r.git"), cache).scan()

    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("url", ["http://forge.example/r", "ssh://forge.example/r", "/srv/r.git"])
def test_a_token_is_not_sent_unencrypted(cache: Path, url: str) -> None:
    with pytest.raises(SourceUnavailable, match="https://"):
        GitSource(settings(url, token=TOKEN), cache).scan()


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch {trace}",
        "-c core.fsmonitor=touch {trace}",
        "ext::sh -c 'touch {trace}'",
        "fd::17",
        "ext::sh://touch {trace}",
        "file:///srv/repository",
        "git://forge.example/r",
        "ssh://-oProxyCommand=touch {trace}/r",
        "-oProxyCommand=touch@host:r",
        "https://",
        "https://[::1/r",
        "https://forge.example:port/r",
        "https://forge.example/r\nHost: other",
        "",
    ],
)
def test_what_is_no_address_never_reaches_git(cache: Path, tmp_path: Path, url: str) -> None:
    trace = tmp_path / "trace"

    with pytest.raises(SourceUnavailable, match="is no address of a git repository: set it to"):
        GitSource(settings(url.format(trace=trace)), cache).scan()

    assert not trace.exists()
    assert not cache.exists()


@pytest.mark.parametrize(
    "branch",
    [
        *("--upload-pack=x", "-b", "main:refs/heads/x", "refs/*", "a b", "a..b", "HEAD^", "@{-1}"),
        *("a\nb", "main.lock", "/main", "main/", "a//b", ".hidden", "a/.b", "a\\b", "@"),
    ],
)
def test_what_is_no_branch_never_reaches_git(
    repository: Repository, cache: Path, branch: str
) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be the name of a branch: set branch to"):
        GitSource(settings(repository.root, branch=branch), cache).scan()

    assert not cache.exists()


@pytest.mark.parametrize("folder", ["..", "docs/../..", "do\ncs"])
def test_what_is_no_folder_never_reaches_git(
    repository: Repository, cache: Path, folder: str
) -> None:
    with pytest.raises(SourceUnavailable, match="is no folder of a repository: set folder to"):
        GitSource(settings(repository.root, folder=folder), cache).scan()

    assert not cache.exists()


def test_an_odd_path_is_only_a_path(tmp_path: Path, cache: Path) -> None:
    odd = make_repository(tmp_path / "--upload-pack=x; touch y")
    odd.commit({"card.md": "Card."})

    assert paths(GitSource(settings(odd.root), cache)) == ["card.md"]
