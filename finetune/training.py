"""The training process, `python -m finetune.training`: reads an order, tells steps as JSON lines.

The order is one line on standard input, which stays open: the process ends when it is closed.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

from finetune.memory import peak_mb
from finetune.runs import OnStep, Step, Trained, TrainingFailed

WATCH_S = 0.5


def main() -> None:
    order = json.loads(sys.stdin.readline())
    # Whatever else prints, a library say, must not come between the lines.
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    say = speaker(lines)
    os.nice(order["niceness"])
    for watch in (watch_memory(order["memory_mb"], say), watch_parent()):
        threading.Thread(target=watch, daemon=True).start()
    try:
        trained = train(order["kind"], order["job"], lambda step: say(as_message(step)))
    except TrainingFailed as failure:
        say({"error": str(failure)})
    except (MemoryError, OSError) as error:
        say({"error": explained(error)})
    else:
        say({"trained": str(trained.folder), "figures": trained.figures})


def train(kind: str, job: dict[str, Any], tell: OnStep) -> Trained:
    # Each brings packages that only it needs.
    if kind == "retriever":
        from finetune.retriever.train import RetrieverJob, train_retriever

        return train_retriever(RetrieverJob.from_json(job), tell)
    if kind == "generator":
        from finetune.generator.train import GeneratorJob, train_generator

        return train_generator(GeneratorJob.from_json(job), tell)
    raise TrainingFailed(f"There is no training of a {kind}.")


def speaker(lines: IO[str]) -> Callable[[Mapping[str, Any]], None]:
    lock = threading.Lock()

    def say(message: Mapping[str, Any]) -> None:
        with lock:
            lines.write(json.dumps(message) + "\n")
            lines.flush()

    return say


def as_message(step: Step) -> dict[str, Any]:
    return {"step": step.step, "done": step.done, "total": step.total, "note": step.note}


def watch_memory(limit_mb: int, say: Callable[[Mapping[str, Any]], None]) -> Callable[[], None]:
    def watch() -> None:
        while peak_mb() <= limit_mb:
            time.sleep(WATCH_S)
        say(
            {
                "error": f"The training took more than {limit_mb:,} MB of memory and was ended: "
                "raise training.memory_mb, or make batches smaller."
            }
        )
        os._exit(1)

    return watch


def watch_parent() -> Callable[[], None]:
    def watch() -> None:
        sys.stdin.read()
        os._exit(1)

    return watch


def explained(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full: make room, and train again. What is live goes on as before."
    if isinstance(error, MemoryError):
        return "There is not enough memory to train: make batches smaller, or end other programs."
    return f"The training could not read or write a file: {error}"


if __name__ == "__main__":
    main()
