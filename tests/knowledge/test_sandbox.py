"""A parser may sleep, grow, die or lie: its file is skipped, the reason told, the next read."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import knowledge
from knowledge.documents import ParsedDocument, Skipped, SourceFile
from knowledge.parse.process import ParsingUnavailable
from knowledge.sandbox import ParserPool

NAUGHTY = """
import os, resource, socket, sys, time
from knowledge.documents import ParsedDocument
from knowledge.parse import ParseError

def parse(name, data):
    return globals()[name.split(".")[0]](data)

def good(data):
    return ParsedDocument("Title", data.decode(), (0,))

def sleeps(data):
    time.sleep(60)

def spins(data):
    while True:
        pass

def grows(data):
    return ParsedDocument("", "x" * 10**9)

def exits(data):
    os._exit(0)

def crashes(data):
    os.abort()

def is_killed(data):
    os.kill(os.getpid(), 9)

def recurses(data):
    return recurses(data)

def raises(data):
    raise ZeroDivisionError("by " + data.decode())

def refuses(data):
    raise ParseError("is no good")

def lies(data):
    return ParsedDocument("Title", "x", ("not a number",))

def prints(data):
    print("garbage", flush=True)
    os.system("echo garbage")
    sys.stderr.write("garbage")
    return good(data)

def writes(data):
    try:
        with open(data.decode(), "w") as file:
            file.write("x" * 10)
    except OSError as error:
        return good(type(error).__name__.encode())

def looks_around(data):
    return good(repr((dict(os.environ), os.getcwd())).encode())

def opens_files(data):
    return [open("/dev/null") for _ in range(100)]

def tells_its_id(data):
    return good(str(os.getpid()).encode())
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParserPool]:
    (tmp_path / "naughty_parser.py").write_text(NAUGHTY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    with ParserPool(memory_mb=300, seconds=2, parser="naughty_parser:parse") as pool:
        yield pool


def reason(result: ParsedDocument | Skipped) -> str:
    assert isinstance(result, Skipped)
    return result.reason


def text(result: ParsedDocument | Skipped) -> str:
    assert isinstance(result, ParsedDocument)
    return result.text


def is_alive(process: int) -> bool:
    """Whether it runs; one that has ended may still be listed until someone asks for its status."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def dies_within_seconds(process: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(process)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sleeps.md", "took longer than 2 seconds"),
        ("spins.md", "took longer than 2 seconds"),
        ("grows.md", "needed more than 300 MB of memory to read; split it or raise"),
        ("is_killed.md", "needed more than 300 MB of memory to read; split it or raise"),
        ("exits.md", "made its reader crash"),
        ("crashes.md", "made its reader crash"),
        ("recurses.md", "is nested too deeply"),
        ("raises.md", "cannot be read (ZeroDivisionError); it may be damaged"),
        ("refuses.md", "is no good"),
        ("lies.md", "made its reader answer nonsense"),
        ("opens_files.md", "cannot be read (OSError)"),
        ("picture.png", "has an ending that is not read (.png)"),
    ],
)
def test_a_bad_file_is_skipped_with_its_reason_and_the_next_is_read(
    pool: ParserPool, name: str, expected: str
) -> None:
    begin = time.monotonic()

    bad = pool.parse_bytes(f"folder/{name}", b"zero")
    good = pool.parse_bytes("good.md", "Grüße 中文".encode())

    assert reason(bad).startswith(expected)
    assert bad.path == f"folder/{name}"  # type: ignore[union-attr]
    assert good == ParsedDocument("Title", "Grüße 中文", (0,))
    assert time.monotonic() - begin < 10


def test_what_a_parser_prints_does_not_garble_its_answer(pool: ParserPool) -> None:
    assert text(pool.parse_bytes("prints.md", b"fine")) == "fine"


def test_a_parser_writes_no_file(pool: ParserPool, tmp_path: Path) -> None:
    target = tmp_path / "written"

    assert text(pool.parse_bytes("writes.md", bytes(target))) == "OSError"
    assert target.read_bytes() == b""


def test_a_parser_sees_no_secret_of_the_parent(pool: ParserPool) -> None:
    seen = text(pool.parse_bytes("looks_around.md", b"x"))

    assert "xoxb" not in seen
    assert "'/'" in seen


def test_one_child_reads_many_files(pool: ParserPool) -> None:
    ids = {text(pool.parse_bytes("tells_its_id.md", b"x")) for _ in range(5)}

    assert len(ids) == 1


def test_a_large_file_passes_both_ways(pool: ParserPool) -> None:
    assert len(text(pool.parse_bytes("good.md", b"x" * 20_000_000))) == 20_000_000


def test_many_files_come_back_in_order_with_the_bad_among_them(
    pool: ParserPool, tmp_path: Path
) -> None:
    paths = [tmp_path / str(n) / name for n in range(3) for name in ("good.md", "exits.md")]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(path))

    results = list(pool.parse_many([*paths, tmp_path / "gone.md"]))

    assert [path for path, _ in results] == [*paths, tmp_path / "gone.md"]
    assert [isinstance(result, Skipped) for _, result in results] == [False, True] * 3 + [True]
    assert reason(results[-1][1]) == "is gone; it was there a moment ago"


class Shelf:
    """A source of two files, one of which has changed since it was listed."""

    def scan(self, known: object = None) -> tuple[list[SourceFile], list[Skipped]]:
        return [SourceFile("a/good.md", 1, 0, "h"), SourceFile("b/good.md", 1, 0, "h")], []

    def read(self, file: SourceFile) -> bytes | Skipped:
        return b"bytes" if file.path == "a/good.md" else Skipped(file.path, "changed")


def test_files_of_a_source_are_read_through_it(pool: ParserPool) -> None:
    files, _ = Shelf().scan()

    assert list(pool.parse_files(Shelf(), files)) == [
        (files[0], ParsedDocument("Title", "bytes", (0,))),
        (files[1], Skipped("b/good.md", "changed")),
    ]


def test_several_workers_read_at_the_same_time(tmp_path: Path, pool: ParserPool) -> None:
    with ParserPool(seconds=4, workers=2, parser="naughty_parser:parse") as pair:
        begin = time.monotonic()
        paths = [tmp_path / "sleeps.md", tmp_path / "more" / "sleeps.md"]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_text("x")
        results = [reason(result) for _, result in pair.parse_many(paths)]

    assert len(results) == 2
    assert time.monotonic() - begin < 7.8


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_children_end_with_the_pool(tmp_path: Path, pool: ParserPool) -> None:
    with ParserPool(parser="naughty_parser:parse") as other:
        child = int(text(other.parse_bytes("tells_its_id.md", b"x")))
        assert is_alive(child)

    assert not is_alive(child)


def test_a_pool_that_parses_nothing_starts_nothing() -> None:
    with ParserPool() as pool:
        assert isinstance(pool.parse_bytes("picture.png", b"x"), Skipped)
        assert pool._children == []


def test_a_pool_can_be_closed_while_it_parses(pool: ParserPool) -> None:
    patient = ParserPool(seconds=30, parser="naughty_parser:parse")
    results: list[ParsedDocument | Skipped] = []
    asker = threading.Thread(target=lambda: results.append(patient.parse_bytes("sleeps.md", b"x")))
    asker.start()
    time.sleep(0.5)

    patient.close()
    asker.join(timeout=25)

    assert [reason(result) for result in results] == ["was not read, for the run was stopped"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "naughty_parser.py").write_text(NAUGHTY)
    script = (
        "from knowledge.sandbox import ParserPool\n"
        "pool = ParserPool(parser='naughty_parser:parse')\n"
        "print(pool.parse_bytes('tells_its_id.md', b'x').text, flush=True)\n"
        "pool.parse_bytes('sleeps.md', b'x')\n"
    )
    search = os.pathsep.join([str(Path(knowledge.__path__[0]).parent), str(tmp_path)])
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env={"PYTHONPATH": search}
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    # By then it is asleep over its second file, and hears nothing of a closed pipe.
    time.sleep(0.5)

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert dies_within_seconds(child, 25)


def test_a_parser_that_cannot_be_imported_is_no_fault_of_the_file() -> None:
    with (
        ParserPool(parser="no_such_module:parse") as broken,
        pytest.raises(ParsingUnavailable, match="No module named 'no_such_module'"),
    ):
        broken.parse_bytes("a.md", b"x")


def test_real_documents_fit_the_usual_limits(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Hello\n\nWorld.")

    with ParserPool() as pool:
        assert pool.parse(tmp_path / "a.md") == ParsedDocument("Hello", "# Hello\n\nWorld.")
