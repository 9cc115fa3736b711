"""The process in which documents are parsed: little memory, no files to write, nothing to steal.

It answers requests until its standard input closes. A request is a line of JSON with `name` and
`size`, and the file's bytes; the answer is eight bytes of length and a JSON object.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError

OUT_OF_MEMORY = 77
"""The exit status that says so; after a MemoryError a process is not to be trusted further."""

Parse = Callable[[str, bytes], ParsedDocument]


def main() -> None:
    parser, memory_mb, seconds, parent = sys.argv[1], *map(int, sys.argv[2:])
    _die_with(parent)
    replies = _only_way_out()
    try:
        _limit(memory_mb)
        module, function = parser.split(":")
        _serve(getattr(import_module(module), function), seconds, replies)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:
        _send(replies, {"broken": f"{type(error).__name__}: {error}"})


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _only_way_out() -> BinaryIO:
    """The pipe to the parent; what libraries print goes nowhere and cannot garble an answer."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return replies


def _limit(memory_mb: int) -> None:
    limits = {
        # Counts addresses, not pages in use; macOS takes no such limit.
        **({resource.RLIMIT_AS: memory_mb * 1024 * 1024} if sys.platform == "linux" else {}),
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


def _serve(parse: Parse, seconds: int, replies: BinaryIO) -> None:
    requests = sys.stdin.buffer
    while header := requests.readline():
        request = json.loads(header)
        data = requests.read(request["size"])
        # The parent kills what takes too long; the alarm is for the case that it is gone.
        signal.alarm(2 * seconds)
        _send(replies, _answer(parse, request["name"], data))
        signal.alarm(0)


def _send(replies: BinaryIO, answer: dict[str, object]) -> None:
    reply = json.dumps(answer, ensure_ascii=False).encode(errors="replace")
    replies.write(len(reply).to_bytes(8, "big"))
    replies.write(reply)
    replies.flush()


def _answer(parse: Parse, name: str, data: bytes) -> dict[str, object]:
    try:
        document = parse(name, data)
    except ParseError as error:
        return {"reason": str(error)}
    except RecursionError:
        return {"reason": "is nested too deeply to be read; simplify it"}
    except MemoryError:
        raise
    except Exception as error:
        return {"reason": f"cannot be read ({type(error).__name__}); it may be damaged"}
    return {"title": document.title, "text": document.text, "pages": document.page_starts}


if __name__ == "__main__":
    main()
