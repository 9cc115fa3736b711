"""A folder full of hostile files is indexed: each is told or read, and every good one is there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from db.engine import open_database
from knowledge.base import Knowledge, build_knowledge
from knowledge.documents import ParsedDocument, Skipped
from knowledge.report import Progress
from knowledge.sandbox import ParserPool
from knowledge.settings import KnowledgeSettings

from .conftest import CountingEmbedder
from .hostile import archives, encodings, pdfs, places, texts

SECONDS = 30
MEMORY_MB = 512
REFUSED = {one.name: one for one in (*archives.REFUSED, *pdfs.REFUSED, *texts.REFUSED)}
READABLE = {
    one.name: one
    for one in (*archives.READABLE, *pdfs.READABLE, *texts.READABLE, *encodings.READABLE)
}
GOOD = [*places.GOOD, places.LINKED]


@dataclass
class Watch:
    """The largest resident memory that any parsing process has had, in MB."""

    peak: float = 0
    done: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.done.wait(0.05):
            self.peak = max([self.peak, *map(peak_mb, parsing_processes())])


@dataclass(frozen=True)
class Run:
    """What a reindex made of the folder."""

    knowledge: Knowledge
    skipped: dict[str, str]
    seconds: float
    peak_mb: float
    processes_left: int

    def text(self, name: str) -> str:
        document = self.knowledge.document(name)
        assert document is not None, self.skipped.get(name)
        return document.text


# One fixture reads all the files.
pytestmark = pytest.mark.timeout(300)


def parsing_processes() -> list[str]:
    """The ids of this process's children that parse."""
    children: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):
            children += (task / "children").read_text().split()
    return [child for child in children if b"knowledge.parse.child" in command(child)]


def command(process: str) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def peak_mb(process: str) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) / 1024 if found else 0
    return 0


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    thread = threading.Thread(target=watch.look)
    thread.start()
    yield watch
    watch.done.set()
    thread.join()


@contextmanager
def socket_in(root: Path) -> Iterator[None]:
    # The path of a socket may have a hundred letters only.
    here = Path.cwd()
    os.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.pdf")
        os.chdir(here)
        yield


def write_all(root: Path, outside: Path) -> None:
    for name, content in places.GOOD.items():
        places.write(root / name, content)
    for one in (*REFUSED.values(), *READABLE.values()):
        places.write(root / one.name, one.content())
    places.set_traps(root, outside)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("hostile")
    root = home / "documents"
    root.mkdir()
    write_all(root, home / "outside")
    shutil.copy(empty_database, home / "hostile.db")
    database = open_database(f"sqlite:///{home / 'hostile.db'}")
    settings = KnowledgeSettings(
        documents=root, parse_seconds=SECONDS, parse_memory_mb=MEMORY_MB, max_file_mb=50
    )
    knowledge = build_knowledge(database, CountingEmbedder(), settings)

    def spring(step: Progress) -> None:
        if (step.stage, step.done) == ("reading", 0):
            places.spring_traps(root)

    with socket_in(root), watched() as watch:
        begin = time.monotonic()
        report = knowledge.reindex(progress=spring)
        seconds = time.monotonic() - begin
    skipped = {entry.path: entry.reason for entry in report.skipped}
    yield Run(knowledge, skipped, seconds, watch.peak, len(parsing_processes()))
    database.close()


def test_there_are_enough_hostile_files() -> None:
    assert len(REFUSED) + len(READABLE) + len(places.TOLD) >= 150


@pytest.mark.parametrize("name", GOOD)
def test_every_good_document_is_indexed(run: Run, name: str) -> None:
    assert run.text(name)


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_left_out_with_its_reason(run: Run, name: str) -> None:
    assert run.skipped[name].startswith(REFUSED[name].reason)


@pytest.mark.parametrize("name", places.TOLD)
def test_what_is_no_document_is_told(run: Run, name: str) -> None:
    assert run.skipped[name].startswith(places.TOLD[name])


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_file_is_read_without_what_it_hides(run: Run, name: str) -> None:
    text = run.text(name)

    assert READABLE[name].holds in text
    assert READABLE[name].lacks not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text)


def test_nothing_else_is_left_out(run: Run) -> None:
    assert set(run.skipped) == {*REFUSED, *places.TOLD}


def test_nothing_else_is_indexed(run: Run) -> None:
    assert run.knowledge.status().documents == len(READABLE) + len(GOOD)


def test_no_file_hangs(run: Run) -> None:
    assert [name for name, reason in run.skipped.items() if reason.startswith("took longer")] == []
    assert run.seconds < 100


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc")
def test_no_parsing_process_takes_more_memory_than_it_may(run: Run) -> None:
    assert 0 < run.peak_mb <= MEMORY_MB


def test_no_parsing_process_is_left(run: Run) -> None:
    assert run.processes_left == 0


def test_a_file_that_needs_more_memory_than_allowed_is_left_out_and_the_next_is_read() -> None:
    with ParserPool(memory_mb=256, seconds=SECONDS) as small:
        result = small.parse_bytes("memory.ipynb", b'{"cells":[' + b"[]," * 5_000_000 + b"[]]}")
        good = small.parse_bytes("good.docx", archives.good_docx())

    assert result == Skipped(
        "memory.ipynb",
        "needed more than 256 MB of memory to read; split it or raise knowledge.parse_memory_mb",
    )
    assert isinstance(good, ParsedDocument)
