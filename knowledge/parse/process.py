"""One parsing process as its parent sees it: a file in, a document or a reason out, in time."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import knowledge
from knowledge.documents import ParsedDocument, Skipped
from knowledge.errors import KnowledgeUnusable
from knowledge.parse.child import OUT_OF_MEMORY

_LARGEST_REPLY = 256 * 1024 * 1024
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost, and the function (`module:name`) that parses it."""

    memory_mb: int
    seconds: int
    parser: str


class ParsingUnavailable(KnowledgeUnusable):
    """No document can be parsed on this machine; the message says why."""


class _Died(Exception):
    """The child ended, or was ended, before it answered; the message is the reason."""


class ParserChild:
    """Starts its process when there is something to parse, and again after the process died."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.Lock()

    def stop(self) -> None:
        """End the process, from any thread; whoever waits for an answer learns of it."""
        with self._starting:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def dispose(self) -> None:
        """End the process and close its pipes; nobody may be waiting for an answer."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def parse(self, path: str, data: bytes) -> ParsedDocument | Skipped:
        """Raises ParsingUnavailable when the fault is not the file's."""
        try:
            return _result(path, self._ask(path, data))
        except _Died as died:
            self.dispose()
            return Skipped(path, str(died))

    def _ask(self, path: str, data: bytes) -> bytes:
        header = json.dumps({"name": Path(path).name, "size": len(data)}).encode() + b"\n"
        exchange = _Exchange(self._running(), header, data)
        try:
            return exchange.run(self._limits.seconds)
        except TimeoutError:
            raise _Died(
                f"took longer than {self._limits.seconds} seconds to read;"
                " split it or raise knowledge.parse_seconds"
            ) from None
        except EOFError:
            raise _Died(self._cause_of_death()) from None

    def _running(self) -> "subprocess.Popen[bytes]":
        with self._starting:
            if self._stopped:
                raise _Died("was not read, for the run was stopped")
            # One that died while nobody asked is not the next file's fault.
            if self._process is not None and self._process.poll() is not None:
                self.dispose()
            if self._process is None:
                self._process = _start(self._limits)
            return self._process

    def _cause_of_death(self) -> str:
        memory = f"{self._limits.memory_mb} MB of memory"
        if self._stopped:
            return "was not read, for the run was stopped"
        # When none of us sends it, SIGKILL comes from the kernel, out of memory.
        if self._exit_status() in (OUT_OF_MEMORY, -signal.SIGKILL):
            return f"needed more than {memory} to read; split it or raise knowledge.parse_memory_mb"
        return f"made its reader crash; it may be damaged, or need more than {memory}"

    def _exit_status(self) -> int | None:
        assert self._process is not None
        try:
            return self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None


def _start(limits: Limits) -> "subprocess.Popen[bytes]":
    # The package's own place first: it need not be installed. Nothing else of the environment
    # goes along, for it may hold tokens.
    package_root = str(Path(knowledge.__path__[0]).parent)
    search = [package_root, *(os.path.abspath(entry) for entry in sys.path if entry)]
    arguments = (limits.parser, str(limits.memory_mb), str(limits.seconds), str(os.getpid()))
    process = subprocess.Popen(
        [sys.executable, "-B", "-P", "-s", "-m", "knowledge.parse.child", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={
            "PYTHONPATH": os.pathsep.join(search),
            "PYTHONUTF8": "1",
            # Each arena of glibc takes 64 MB of address space, which the limit counts.
            "MALLOC_ARENA_MAX": "1",
            # openpyxl imports numpy where there is one, whose threads reserve even more.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    return process


class _Exchange:
    """Sends a request and reads the reply at the same time: a child may stop reading half way."""

    def __init__(self, child: "subprocess.Popen[bytes]", header: bytes, data: bytes) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._requests, self._replies = child.stdin.fileno(), child.stdout.fileno()
        self._unsent = [memoryview(data), memoryview(header)]
        self._reply = bytearray()
        self._length = 0

    def run(self, seconds: float) -> bytes:
        """Raises TimeoutError, and EOFError when the child closes before its answer is complete."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            selector.register(self._requests, selectors.EVENT_WRITE)
            while not self._is_complete():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                for key, _ in selector.select(left):
                    self._read() if key.fd == self._replies else self._write(selector)
        return bytes(self._reply[8:])

    def _is_complete(self) -> bool:
        if len(self._reply) < 8:
            return False
        length = int.from_bytes(self._reply[:8], "big")
        if length > _LARGEST_REPLY:
            raise EOFError
        return len(self._reply) >= 8 + length

    def _read(self) -> None:
        block = os.read(self._replies, _BLOCK)
        if not block:
            raise EOFError
        self._reply += block

    def _write(self, selector: selectors.BaseSelector) -> None:
        while self._unsent and not self._unsent[-1]:
            self._unsent.pop()
        if not self._unsent:
            selector.unregister(self._requests)
            return
        try:
            sent = os.write(self._requests, self._unsent[-1][:_BLOCK])
        except BrokenPipeError:
            raise EOFError from None
        self._unsent[-1] = self._unsent[-1][sent:]


def _result(path: str, reply: bytes) -> ParsedDocument | Skipped:
    """What the child said, believed only as far as its types: it may have been taken over."""
    try:
        answer = json.loads(reply)
        if "broken" in answer:
            raise ParsingUnavailable(
                f"The process that reads documents does not start ({answer['broken']});"
                " install Lorebot again or raise knowledge.parse_memory_mb."
            )
        if "reason" in answer:
            return Skipped(path, str(answer["reason"]))
        pages = tuple(int(page) for page in answer["pages"])
        return ParsedDocument(str(answer["title"]), str(answer["text"]), pages)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Died("made its reader answer nonsense; do not trust this file") from error
