"""The copy that is kept follows the branch wherever it goes, and is made anew when damaged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from knowledge.documents import Skipped
from knowledge.sources import SourceUnavailable
from knowledge.sources.git.source import GitSource

from .test_git import Repository, contents, make_repository, paths, settings


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


def clone_of(cache: Path) -> Path:
    return cache / "repository.git"


def identity(cache: Path) -> int:
    return clone_of(cache).stat().st_ino


def test_rewritten_history_is_followed(repository: Repository, source: GitSource) -> None:
    source.scan()
    repository.git("rm", "--quiet", "door.md")
    repository.commit({"card.md": "Blue."}, "--amend")

    assert contents(source) == {"card.md": b"Blue."}


def test_history_that_has_nothing_in_common_is_followed(
    repository: Repository, source: GitSource
) -> None:
    source.scan()
    repository.git("checkout", "--quiet", "--orphan", "anew")
    repository.git("rm", "--quiet", "-r", "--force", ".")
    repository.commit({"first.md": "First."})
    repository.git("branch", "--force", "main", "anew")
    repository.git("switch", "--quiet", "main")

    assert contents(source) == {"first.md": b"First."}


def test_a_branch_that_is_gone_is_said_and_comes_back(repository: Repository, cache: Path) -> None:
    repository.git("branch", "docs")
    source = GitSource(settings(repository.root, branch="docs"), cache)
    source.scan()
    repository.git("branch", "--delete", "--force", "docs")

    with pytest.raises(SourceUnavailable, match="has no commits on the branch docs: set branch"):
        source.scan()

    repository.git("branch", "docs")
    assert paths(source) == ["card.md", "door.md"]


def test_a_repository_without_commits_is_said(tmp_path: Path, cache: Path) -> None:
    empty = make_repository(tmp_path / "empty")

    with pytest.raises(SourceUnavailable, match="has no commits on the default branch"):
        GitSource(settings(empty.root), cache).scan()


def test_another_repository_or_branch_in_the_settings_takes_effect_at_once(
    repository: Repository, source: GitSource, cache: Path, tmp_path: Path
) -> None:
    source.scan()
    other = make_repository(tmp_path / "other")
    other.commit({"other.md": "Other."})
    other.git("branch", "old")
    other.commit({"newer.md": "Newer."})

    assert contents(GitSource(settings(other.root, branch="old"), cache)) == {"other.md": b"Other."}
    assert paths(GitSource(settings(other.root), cache)) == ["newer.md", "other.md"]
    assert paths(source) == ["card.md", "door.md"]


def test_a_repository_that_is_gone_leaves_the_copy_alone(
    repository: Repository, source: GitSource, cache: Path
) -> None:
    source.scan()
    before = identity(cache)
    repository.root.rename(repository.root.with_name("away"))

    with pytest.raises(SourceUnavailable, match=r"There is no git repository at .*: check url"):
        source.scan()

    repository.root.with_name("away").rename(repository.root)
    assert paths(source) == ["card.md", "door.md"]
    assert identity(cache) == before


def test_the_copy_holds_one_commit_and_is_kept(
    repository: Repository, source: GitSource, cache: Path
) -> None:
    repository.commit({"big.txt": "An old secret." * 1000})
    repository.git("rm", "--quiet", "big.txt")
    repository.commit({})
    source.scan()
    before = identity(cache)
    source.scan()

    copy = Repository(clone_of(cache))
    assert copy.git("rev-list", "--count", "refs/lorebot/head") == "1"
    assert identity(cache) == before


def lose_objects(clone: Path) -> None:
    [path.unlink() for path in (clone / "objects").rglob("*") if path.is_file()]


def empty_objects(clone: Path) -> None:
    objects = [path for path in (clone / "objects").rglob("*") if path.is_file()]
    [path.chmod(0o600) for path in objects]
    [path.write_bytes(b"") for path in objects]


def spoil_head(clone: Path) -> None:
    (clone / "HEAD").write_bytes(b"\x00" * 41)


def spoil_settings(clone: Path) -> None:
    (clone / "config").write_text("[core\nbroken")


def spoil_reference(clone: Path) -> None:
    (clone / "refs/lorebot/head").write_text("0" * 39 + "1\n")


def leave_lock(clone: Path) -> None:
    (clone / "shallow.lock").touch()


def replace_by_file(clone: Path) -> None:
    clone.rename(clone.with_name("moved"))
    clone.write_text("not a folder")


@pytest.mark.parametrize(
    "damage",
    [
        lose_objects,
        empty_objects,
        spoil_head,
        spoil_settings,
        spoil_reference,
        leave_lock,
        replace_by_file,
    ],
)
def test_a_damaged_copy_is_made_anew(
    source: GitSource, repository: Repository, cache: Path, damage: object
) -> None:
    source.scan()
    assert callable(damage)
    damage(clone_of(cache))
    repository.commit({"new.md": "New."})

    assert contents(source) == {"card.md": b"Green.", "door.md": b"Shut.", "new.md": b"New."}
    assert [path.name for path in cache.glob("fresh-*")] == []


def test_a_copy_that_loses_files_after_the_listing_is_mended_while_it_is_read(
    source: GitSource, cache: Path
) -> None:
    files, _ = source.scan()
    lose_objects(clone_of(cache))

    assert [source.read(file) for file in files] == [b"Green.", b"Shut."]


def test_a_damaged_copy_of_a_repository_that_is_down_drops_no_document(
    source: GitSource, repository: Repository, cache: Path
) -> None:
    files, _ = source.scan()
    lose_objects(clone_of(cache))
    repository.root.rename(repository.root.with_name("away"))

    with pytest.raises(SourceUnavailable, match="There is no git repository"):
        source.read(files[0])


def test_a_file_of_a_commit_that_nobody_has_any_more_is_left_to_the_next_run(
    source: GitSource, repository: Repository, cache: Path
) -> None:
    files, _ = source.scan()
    lose_objects(clone_of(cache))
    repository.commit({"card.md": "Blue."}, "--amend")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "--quiet", "--prune=now")

    reason = "changed while it was read; the next run takes it in"
    assert source.read(files[0]) == Skipped("card.md", reason)


def test_a_flipped_bit_never_reaches_the_parser(source: GitSource, cache: Path) -> None:
    files, _ = source.scan()
    copy = Repository(clone_of(cache))
    forged = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=copy.root, input=b"Forged", capture_output=True
    ).stdout.decode()
    [pack.unlink() for pack in (copy.root / "objects/pack").glob("*")]
    wrong = copy.root / "objects" / files[0].content_hash[:2] / files[0].content_hash[2:]
    wrong.parent.mkdir(exist_ok=True)
    wrong.unlink(missing_ok=True)
    (copy.root / "objects" / forged[:2] / forged[2:].strip()).rename(wrong)

    assert source.read(files[0]) == b"Green."


def test_what_a_killed_run_left_behind_is_cleared_away(source: GitSource, cache: Path) -> None:
    (cache / "fresh-killed").mkdir(parents=True)
    (cache / "fresh-killed" / "HEAD").touch()

    assert paths(source) == ["card.md", "door.md"]
    assert sorted(path.name for path in cache.iterdir()) == ["lock", "repository.git"]


def test_hooks_and_monitors_of_the_copy_are_not_run(
    source: GitSource, repository: Repository, cache: Path, tmp_path: Path
) -> None:
    source.scan()
    trace = tmp_path / "trace"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho run >> {trace}\n")
    script.chmod(0o755)
    (clone_of(cache) / "hooks").mkdir(exist_ok=True)
    (clone_of(cache) / "hooks" / "reference-transaction").symlink_to(script)
    Repository(clone_of(cache)).git("config", "core.fsmonitor", str(script))
    repository.commit({"card.md": "Blue."})

    assert contents(source)["card.md"] == b"Blue."
    assert not trace.exists()


def test_a_cache_that_cannot_be_used_is_said(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SourceUnavailable, match=r"file/repo cannot be used .*: make it a folder"):
        GitSource(settings(repository.root), tmp_path / "file" / "repo").scan()
