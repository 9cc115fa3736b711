"""A folder full of traps: each is told or passed over, and every good document is read."""

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.documents import ParsedDocument, Skipped
from knowledge.sandbox import ParserPool
from knowledge.sources.folder import FolderSource

GOOD = {
    "good.md": b"# Good\n\nText.",
    "folder.md/inner.md": b"Text in a folder with the name of a document.",
    "deep/" + "d/" * 60 + "good.txt": b"Text far down.",
    "名前 с пробелом 👩‍🚀.md": b"Text.",
    "-rf.md": b"Text.",
    "a;b&c$(d)`e`.md": b"Text.",
    "quote'\"<b>.md": b"Text.",
    "%2e%2e%2fetc.md": b"Text.",
    ("n" * 250) + ".md": b"Text.",
    "UPPER.MD": b"Text.",
    "dots...md": b"Text.",
}

TOLD = {
    "empty.md": "is empty",
    "sparse.txt": "has 1,074 MB, over the limit of 50 MB",
    "pipe.md": "is a pipe",
    "socket.pdf": "is a socket",
    "out.md": "leads out of the folder",
    "device.md": "leads out of the folder",
    "proc": "leads out of the folder",
    "loop.md": "is a link that leads nowhere",
    "itself.md": "is a link that leads nowhere",
    "dead.docx": "is a link that leads nowhere",
    "tab\tname.md": "has a name that is not plain UTF-8",
    "latin-\udce9.md": "has a name that is not plain UTF-8",
    "id_rsa": "looks like a key",
    ".env": "looks like a key",
    ".hidden.md": "is hidden",
    "old.ppt": "has an ending that is not read (.ppt)",
    "program.md": "is not text",
    "broken.docx": "is damaged",
    "broken.pdf": "is damaged",
    "swollen.csv": "has more than 20,000,000 characters",
}


@dataclass(frozen=True)
class Run:
    """What came out of the folder."""

    documents: dict[str, ParsedDocument]
    skipped: dict[str, str]
    seconds: float


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def set_traps(root: Path, outside: Path) -> None:
    write(outside / "secret.md", b"secret")
    for name, target in {
        "out.md": outside / "secret.md",
        "device.md": "/dev/zero",
        "proc": "/proc/self",
        "loop.md": "loop-back.md",
        "loop-back.md": "loop.md",
        "itself.md": "itself.md",
        "dead.docx": "gone.docx",
        "round": ".",
        "to-pipe.md": "pipe.md",
        "again.md": "good.md",
    }.items():
        (root / name).symlink_to(target)
    for name, content in {
        "empty.md": b"",
        "tab\tname.md": b"Text.",
        "latin-\udce9.md": b"Text.",
        "id_rsa": b"key",
        ".env": b"TOKEN=secret",
        ".hidden.md": b"Text.",
        ".git/readme.md": b"Text.",
        "old.ppt": b"Text.",
        "program.md": bytes(range(256)) * 100,
        "broken.docx": b"PK\x03\x04 nothing",
        "broken.pdf": b"%PDF-1.7 nothing",
        "swollen.csv": b"a,b\n" * 6_000_000,
    }.items():
        write(root / name, content)
    os.mkfifo(root / "pipe.md")
    (root / "sparse.txt").touch()
    os.truncate(root / "sparse.txt", 1 << 30)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("docs")
    for name, content in GOOD.items():
        write(root / name, content)
    set_traps(root, tmp_path_factory.mktemp("outside"))
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listener, ParserPool(seconds=20) as pool:
        # The path of a socket may have a hundred letters only.
        os.chdir(root)
        listener.bind("socket.pdf")
        os.chdir(here)
        begin = time.monotonic()
        source = FolderSource(root)
        files, skipped = source.scan()
        results = {file.path: result for file, result in pool.parse_files(source, files)}
        seconds = time.monotonic() - begin
    told = {entry.path: entry.reason for entry in skipped}
    told |= {path: one.reason for path, one in results.items() if isinstance(one, Skipped)}
    read = {path: one for path, one in results.items() if isinstance(one, ParsedDocument)}
    return Run(read, told, seconds)


def test_every_good_document_is_read_and_nothing_else(run: Run) -> None:
    assert set(run.documents) == set(GOOD)


@pytest.mark.parametrize("name", TOLD)
def test_each_trap_is_told_with_its_reason(run: Run, name: str) -> None:
    shown = name.encode(errors="backslashreplace").decode().replace("\t", "?")

    assert run.skipped[shown].startswith(TOLD[name])


def test_the_report_holds_nothing_but_the_traps(run: Run) -> None:
    assert len(run.skipped) == len(TOLD) + len({"loop-back.md"})


def test_nothing_from_outside_is_read(run: Run) -> None:
    assert "secret" not in "".join(document.text for document in run.documents.values())


def test_the_run_does_not_hang(run: Run) -> None:
    assert run.seconds < 20
