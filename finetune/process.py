"""Training in a process of its own: watched, limited, and ended when it takes too long."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

from finetune.runs import OnStep, Step, Trained, TrainingFailed

POLL_S = 0.2
GRACE_S = 5.0
"""Between asking a process to end and ending it."""
COMMAND = (sys.executable, "-m", "finetune.training")
LAST_WORDS = 2_000
"""Characters of what a process said at last that are kept for whoever has to find out why."""


class Cancelled(Exception):
    """Somebody wanted the run to end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take; past the minutes or the memory it is ended."""

    minutes: float
    memory_mb: int
    niceness: int


def train_in_process(
    kind: str,
    job: Mapping[str, Any],
    limits: Limits,
    tell: OnStep,
    stopping: threading.Event | None = None,
    command: Sequence[str] = COMMAND,
) -> Trained:
    """Run a job of a kind, `retriever` or `generator`, in a child process.

    Serving goes on beside it, and its memory is given back when it ends. Raises TrainingFailed,
    Cancelled.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            return follow(child, as_order(kind, job, limits), limits, tell, stopping, errors)
        finally:
            end(child)


def as_order(kind: str, job: Mapping[str, Any], limits: Limits) -> str:
    order = {
        "kind": kind,
        "job": job,
        "memory_mb": limits.memory_mb,
        "niceness": limits.niceness,
    }
    return json.dumps(order) + "\n"


def follow(
    child: subprocess.Popen[str],
    order: str,
    limits: Limits,
    tell: OnStep,
    stopping: threading.Event | None,
    errors: IO[str],
) -> Trained:
    assert child.stdin is not None
    assert child.stdout is not None
    # The pipe stays open: when this process is killed it closes, and the child ends as well.
    child.stdin.write(order)
    child.stdin.flush()
    said: Queue[str | None] = Queue()
    threading.Thread(target=listen, args=(child.stdout, said), daemon=True).start()
    deadline = time.monotonic() + 60 * limits.minutes
    while True:
        if stopping is not None and stopping.is_set():
            raise Cancelled
        if time.monotonic() > deadline:
            raise TrainingFailed(
                f"The training took longer than {limits.minutes:g} minutes and was ended: raise "
                "training.minutes, or train fewer epochs."
            )
        try:
            line = said.get(timeout=POLL_S)
        except Empty:
            continue
        if line is None:
            raise TrainingFailed(last_words(child, errors))
        outcome = heard(line, tell)
        if outcome is not None:
            return outcome


def listen(stream: IO[str], said: Queue[str | None]) -> None:
    for line in stream:
        said.put(line)
    said.put(None)


def heard(line: str, tell: OnStep) -> Trained | None:
    """Pass a step on; the adapter, if the run is over. Raises TrainingFailed if it failed."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if "error" in message:
        raise TrainingFailed(message["error"])
    if "trained" in message:
        return Trained(Path(message["trained"]), message["figures"])
    tell(Step(**message))
    return None


def last_words(child: subprocess.Popen[str], errors: IO[str]) -> str:
    code = child.wait()
    errors.seek(0)
    lines = errors.read()[-LAST_WORDS:].strip().splitlines()
    said = f" It said at last: {lines[-1]}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
    return f"The training process {how} before it had finished; nothing was saved.{said}"


def end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
