"""A folder gives its documents in order, each once, and nothing from outside or secret."""

import hashlib
import os
import socket
import time
from pathlib import Path

import pytest

from knowledge.documents import Skipped, SourceFile
from knowledge.sources import Known, Source, SourceUnavailable
from knowledge.sources.folder import FolderSource

LONG_AGO = 1_600_000_000


def put(path: Path, content: str | bytes = "Text.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def put_deep(root: Path, name: str, depth: int) -> None:
    """A file below folders in folders; step by step, as nobody can name such a path at once."""
    folder = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("f" * 100 + ".md", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=folder))
    os.close(folder)


def paths(root: Path) -> list[str]:
    return [file.path for file in FolderSource(root).scan()[0]]


def reasons(root: Path) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in FolderSource(root).scan()[1]}


def as_known(files: list[SourceFile]) -> Known:
    return {file.path: (file.size, file.modified_ns, file.content_hash) for file in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def test_a_file_is_known_by_its_path_size_time_and_content(root: Path) -> None:
    put(root / "a" / "b.md", "Grüße")

    assert FolderSource(root).scan() == (
        [SourceFile("a/b.md", 7, LONG_AGO * 10**9, hashlib.sha256("Grüße".encode()).hexdigest())],
        [],
    )


def test_files_come_in_the_order_of_their_paths_whatever_their_script(root: Path) -> None:
    for name in ("b.md", "B.MD", "a/z.pdf", "ä.txt", "手册/中文.md", "emoji 👩‍🚀.md", "c'\"&;|.md"):
        put(root / name)

    assert paths(root) == sorted(
        ["b.md", "B.MD", "a/z.pdf", "ä.txt", "手册/中文.md", "emoji 👩‍🚀.md", "c'\"&;|.md"]
    )


def test_a_folder_named_like_a_document_is_a_folder(root: Path) -> None:
    put(root / "x.md" / "y.md")

    assert paths(root) == ["x.md/y.md"]


def test_a_folder_that_is_missing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"no folder of documents .*knowledge.documents"):
        FolderSource(tmp_path / "gone").scan()


def test_the_report_tells_documents_left_out_and_is_silent_about_the_rest(root: Path) -> None:
    put(root / "old.doc")
    put(root / "empty.md", "")
    put(root / ".draft.md")
    put(root / "large.md", b"x" * 2_000_001)
    for name in ("a.png", "b.py", "Makefile", ".DS_Store", "~$a.docx", "._a.docx"):
        put(root / name)

    _, skipped = FolderSource(root, max_file_mb=2).scan()

    assert [(entry.path, entry.reason.partition(";")[0]) for entry in skipped] == [
        (".draft.md", "is hidden, for its name begins with a dot"),
        ("empty.md", "is empty"),
        ("large.md", "has 2 MB, over the limit of 2 MB"),
        ("old.doc", "has an ending that is not read (.doc)"),
    ]


def test_folders_of_tools_and_hidden_ones_are_not_entered(root: Path) -> None:
    for folder in (".git", ".obsidian", "node_modules/left-pad", "a/.venv", "a/__pycache__"):
        put(root / folder / "readme.md")

    assert FolderSource(root).scan() == ([], [])


@pytest.mark.parametrize(
    "name", [".env", ".env.md", "prod.env", "id_rsa", "id_ed25519.txt", "tls.pem", "site.key"]
)
def test_secrets_are_never_read_and_always_told(root: Path, name: str) -> None:
    put(root / name)

    assert reasons(root)[name].startswith("looks like a key or a password")


def test_a_private_key_is_known_by_its_content(root: Path) -> None:
    put(root / "notes.txt", "\n-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n")

    assert reasons(root)["notes.txt"].startswith("looks like a key or a password")


def test_pipes_and_sockets_are_told_and_never_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe.md")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.md")
        found = reasons(root)

    assert found == {
        "pipe.md": "is a pipe and not a file",
        "socket.md": "is a socket and not a file",
    }


def test_names_that_are_no_text_are_told(root: Path) -> None:
    put(Path(os.fsdecode(bytes(root) + b"/\xff\xfe.md")))
    put(root / "line\nbreak.md")

    assert reasons(root) == {
        "\\udcff\\udcfe.md": "has a name that is not plain UTF-8; rename it",
        "line?break.md": "has a name that is not plain UTF-8; rename it",
    }


@pytest.mark.parametrize(
    "name", ["turned-\u202edm.exe.md", "line\u2028two.md", "escape\x1b[31m.md", "next\x85line.md"]
)
def test_a_name_that_would_show_as_another_is_told(root: Path, name: str) -> None:
    put(root / name)

    assert [*reasons(root).values()] == ["has a name that is not plain UTF-8; rename it"]


def test_a_path_longer_than_the_system_takes_is_told_and_the_rest_is_read(root: Path) -> None:
    put(root / "good.md")
    put_deep(root, "d" * 200, 21)

    assert "good.md" in paths(root)
    assert [reason for reason in reasons(root).values() if "File name too long" in reason]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(root: Path) -> None:
    put(root / "a.md").chmod(0)
    put(root / "folder" / "b.md").parent.chmod(0)

    found = reasons(root)
    (root / "folder").chmod(0o700)

    assert found["a.md"] == "may not be read by this user; change its permissions"
    assert found["folder/"].startswith("is a folder that cannot be opened")


def test_what_is_known_is_not_read_again(root: Path) -> None:
    put(root / "a.md", "old")
    known = as_known(FolderSource(root).scan()[0])
    put(root / "a.md", "new")

    assert as_known(FolderSource(root).scan(known)[0]) == known


@pytest.mark.parametrize(("content", "when"), [("new", LONG_AGO + 1), ("longer", LONG_AGO)])
def test_another_time_or_size_is_read_again(root: Path, content: str, when: int) -> None:
    put(root / "a.md", "old")
    known = as_known(FolderSource(root).scan()[0])
    os.utime(put(root / "a.md", content), (when, when))

    [file] = FolderSource(root).scan(known)[0]

    assert file.content_hash == hashlib.sha256(content.encode()).hexdigest()


def test_a_file_written_a_moment_ago_is_read_again(root: Path) -> None:
    """It may be written once more without its time of change moving on."""
    (root / "a.md").write_text("old")
    status = (root / "a.md").stat()
    known = as_known(FolderSource(root).scan()[0])
    (root / "a.md").write_text("new")
    os.utime(root / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))

    [file] = FolderSource(root).scan(known)[0]

    assert file.content_hash == hashlib.sha256(b"new").hexdigest()


def test_ten_thousand_known_files_are_listed_within_two_seconds(root: Path) -> None:
    for number in range(10_000):
        put(root / str(number % 100) / f"{number}.md")
    known = as_known(FolderSource(root).scan()[0])
    begin = time.process_time()

    files, _ = FolderSource(root).scan(known)

    assert len(files) == 10_000
    assert time.process_time() - begin < 2


def test_what_is_read_is_what_was_hashed(root: Path) -> None:
    put(root / "a" / "b.md", "First.")
    source: Source = FolderSource(root)
    [file] = source.scan()[0]

    before = source.read(file)
    put(root / "a" / "b.md", "Other.")
    after = source.read(file)
    (root / "a" / "b.md").unlink()
    gone = source.read(file)

    assert before == b"First."
    assert after == Skipped("a/b.md", "changed while it was read; the next run takes it in")
    assert gone == Skipped("a/b.md", "is gone; it was there a moment ago")
