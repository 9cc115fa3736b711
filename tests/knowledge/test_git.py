"""What of a branch counts as a document, under which name, and what is left out and why."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.documents import Skipped, SourceFile
from knowledge.sources import SourceUnavailable
from knowledge.sources.git.source import GitSource
from knowledge.sources.settings import GitSettings

COMMITTED_AT = 1_700_000_000
ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": f"{COMMITTED_AT} +0000",
}


@dataclass(frozen=True)
class Repository:
    """A real one, with a working tree."""

    root: Path

    def git(self, *arguments: str) -> str:
        result = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.root,
            env=os.environ | ALONE,
            check=True,
            capture_output=True,
        )
        return result.stdout.decode().strip()

    def commit(self, files: Mapping[str, str | bytes], *options: str) -> None:
        [self.write(name, content) for name, content in files.items()]
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message=More", *options)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def make_repository(root: Path) -> Repository:
    root.mkdir(parents=True)
    repository = Repository(root)
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository


def settings(url: object, **chosen: object) -> GitSettings:
    return GitSettings.model_validate({"name": "repo", "kind": "git", "url": str(url)} | chosen)


def paths(source: GitSource) -> list[str]:
    return [file.path for file in source.scan()[0]]


def reasons(source: GitSource) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in source.scan()[1]}


def contents(source: GitSource) -> dict[str, bytes | Skipped]:
    return {file.path: source.read(file) for file in source.scan()[0]}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Not there yet, as on the first run."""
    return tmp_path / "cache" / "repo"


@pytest.fixture
def source(repository: Repository, cache: Path) -> GitSource:
    return GitSource(settings(repository.root), cache)


def test_documents_have_gits_own_hash_and_the_time_of_the_newest_commit(
    repository: Repository, source: GitSource
) -> None:
    repository.commit({"guide/card.md": "The card.", "logo.png": b"\x89PNG", "a.txt": "A."})
    blob = repository.git("rev-parse", "HEAD:guide/card.md")

    files, skipped = source.scan()

    assert [file.path for file in files] == ["a.txt", "guide/card.md"]
    assert files[1] == SourceFile("guide/card.md", 9, COMMITTED_AT * 1_000_000_000, blob)
    assert source.read(files[1]) == b"The card."
    assert skipped == []


def test_what_is_read_is_what_was_committed_and_not_what_lies_in_the_working_tree(
    repository: Repository, source: GitSource
) -> None:
    repository.commit({"card.md": "Committed."})
    repository.write("card.md", "Being written")

    assert contents(source) == {"card.md": b"Committed."}


def test_only_what_changed_has_another_hash(repository: Repository, source: GitSource) -> None:
    repository.commit({"same.md": "Same.", "card.md": "Green."})
    before = {file.path: file.content_hash for file in source.scan()[0]}
    repository.commit({"card.md": "Blue."})
    after = {file.path: file.content_hash for file in source.scan()[0]}

    assert after["same.md"] == before["same.md"]
    assert after["card.md"] != before["card.md"]


def test_a_branch_can_be_chosen(repository: Repository, cache: Path) -> None:
    repository.commit({"old.md": "Old."})
    repository.git("switch", "--quiet", "--create", "docs/2.0")
    repository.commit({"new.md": "New."})
    repository.git("switch", "--quiet", "main")

    assert paths(GitSource(settings(repository.root), cache)) == ["old.md"]
    chosen = settings(repository.root, branch="docs/2.0")
    assert paths(GitSource(chosen, cache)) == ["new.md", "old.md"]


@pytest.mark.parametrize("folder", ["docs", "/docs/", "./docs", "docs//"])
def test_only_what_lies_below_the_folder_counts_and_keeps_its_whole_path(
    repository: Repository, cache: Path, folder: str
) -> None:
    repository.commit({"docs/card.md": "Card.", "docs2/no.md": "No.", "readme.md": "Read."})

    assert paths(GitSource(settings(repository.root, folder=folder), cache)) == ["docs/card.md"]


@pytest.mark.parametrize("folder", ["-docs", ":(glob)*", "d*", ".github", "文档/第 1 章"])
def test_a_folder_may_have_any_name(repository: Repository, cache: Path, folder: str) -> None:
    repository.commit({f"{folder}/card.md": "Card.", "docs/other.md": "Other."})

    assert paths(GitSource(settings(repository.root, folder=folder), cache)) == [
        f"{folder}/card.md"
    ]


@pytest.mark.parametrize("folder", ["handbook", "card.md"])
def test_a_folder_that_is_not_there_is_said(
    repository: Repository, cache: Path, folder: str
) -> None:
    repository.commit({"card.md": "Card."})

    with pytest.raises(SourceUnavailable, match=f"There is no folder {folder} on the default"):
        GitSource(settings(repository.root, folder=folder), cache).scan()


def test_names_in_any_script_are_kept(repository: Repository, source: GitSource) -> None:
    names = ["café.md", "食堂/午餐.md", "дом мой.md", "שלום.md", 'quo"te.md', "-x.md"]
    repository.commit({name: name for name in names})

    assert contents(source) == {name: name.encode() for name in names}


def test_names_that_cannot_be_shown_are_told(repository: Repository, source: GitSource) -> None:
    (repository.root / os.fsdecode(b"caf\xe9.md")).write_text("Latin.")
    repository.commit({"line\nend.md": "Two lines."})

    assert reasons(source) == {
        "caf\\xe9.md": "has a name that is not plain UTF-8; rename it",
        "line?end.md": "has a name that is not plain UTF-8; rename it",
    }


def test_links_and_submodules_are_told_and_not_followed(
    repository: Repository, source: GitSource, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other")
    other.commit({"inner.md": "Inner."})
    (repository.root / "passwd.md").symlink_to("/etc/passwd")
    (repository.root / "latest").symlink_to("docs")
    repository.git("submodule", "--quiet", "add", str(other.root), "theme")
    repository.commit({"docs/card.md": "Card."})

    assert paths(source) == ["docs/card.md"]
    assert reasons(source) == {
        "passwd.md": "is a link, which is not followed; what it leads to is read where it lies",
        "theme": "is a submodule, which is not followed; make its repository a source of its own",
    }


def test_keys_and_passwords_are_left_out(repository: Repository, source: GitSource) -> None:
    repository.commit({".env": "A=1", "id_rsa": "key", "credentials/notes.md": "N", "ok.md": "O"})

    assert paths(source) == ["ok.md"]
    assert set(reasons(source)) == {".env", "id_rsa", "credentials/notes.md"}
    assert "looks like a key" in reasons(source)[".env"]


def test_a_private_key_and_a_pointer_to_large_file_storage_are_no_documents(
    repository: Repository, source: GitSource
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"
    repository.commit({"manual.pdf": pointer, "notes.txt": key})

    assert contents(source) == {
        "manual.pdf": Skipped(
            "manual.pdf", "is kept in Git LFS, which is not read; keep documents in git itself"
        ),
        "notes.txt": Skipped(
            "notes.txt", "looks like a key or a password; keep those out of the repository"
        ),
    }


def test_what_cannot_be_read_is_told_and_what_is_no_document_is_not(
    repository: Repository, cache: Path
) -> None:
    repository.commit(
        {
            "huge.md": b"x" * 1_000_001,
            "empty.md": "",
            "old.doc": "Old.",
            ".hidden.md": "Hidden.",
            ".github/notes.md": "Notes.",
            "node_modules/read.md": "Read.",
            "main.py": "print()",
            "~$draft.docx": "Lock.",
        }
    )

    told = reasons(GitSource(settings(repository.root), cache, max_file_mb=1))

    assert set(told) == {"huge.md", "empty.md", "old.doc", ".hidden.md"}
    assert "over the limit of 1 MB" in told["huge.md"]
    assert told["empty.md"] == "is empty"
    assert "save it as .docx" in told["old.doc"]


def test_a_relative_path_with_a_home_in_it_is_understood(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"card.md": "Card."})
    monkeypatch.setenv("HOME", str(repository.root.parent))

    assert paths(GitSource(settings("~/repository"), cache)) == ["card.md"]
