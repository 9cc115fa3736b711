"""The one thread that runs a model, and the bounded queue of questions before it."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections import deque

import torch

from knowledge.generate.local_batch import Batch, failure
from knowledge.generate.local_model import LocalModel
from knowledge.generate.local_row import Row
from knowledge.generate.writers import WriterUnavailable

IDLE_S = 60.0
"""After so long without a question the thread ends; the next question starts another one."""
CLOSING_S = 10.0
running: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """Questions go in from any thread; at most `queue` wait while `places` are answered."""

    def __init__(self, model: LocalModel, places: int, queue: int) -> None:
        self._model = model
        self._places = places
        self._queue = queue
        self._waiting: deque[Row] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, row: Row) -> None:
        """Raises WriterUnavailable at once if too many wait already."""
        with self._changed:
            if self._closed:
                raise closed()
            self._forget_gone()
            if len(self._waiting) >= self._queue:
                raise WriterUnavailable(
                    f"{self._queue} questions wait for the local model already: raise "
                    "knowledge.local.queue, or serve the model on a faster machine."
                )
            self._waiting.append(row)
            self._start()
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the step it is in; the answers on their way fail."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSING_S)

    def _start(self) -> None:
        # Started by need and ended when idle: a model that was replaced is freed by itself.
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="local model", daemon=True)
            self._thread.start()
            running.add(self)

    def _run(self) -> None:
        batch = Batch(self._model, self._places)
        with torch.inference_mode():
            while self._fill(batch):
                try:
                    batch.advance()
                except Exception as error:  # A model fails in any way; the next batch may work.
                    batch.fail(failure(error))

    def _fill(self, batch: Batch) -> bool:
        """Let one who waits join; wait if there is nothing to do; whether to go on."""
        with self._changed:
            self._forget_gone()
            while batch.empty and not self._waiting and not self._closed:
                if not self._changed.wait(IDLE_S) and not self._waiting:
                    self._thread = None
                    return False
            if self._closed:
                self._fail_all(batch)
                return False
            if self._waiting and batch.has_room:
                batch.add(self._waiting.popleft())
        return True

    def _forget_gone(self) -> None:
        if any(row.gone for row in self._waiting):
            self._waiting = deque(row for row in self._waiting if not row.gone)

    def _fail_all(self, batch: Batch) -> None:
        batch.fail(closed())
        while self._waiting:
            self._waiting.popleft().end(closed())


@atexit.register
def close_all() -> None:
    """A thread that is in the model while Python ends would bring the process down."""
    for worker in list(running):
        worker.close()


def closed() -> WriterUnavailable:
    return WriterUnavailable("The local model was closed: Lorebot is stopping.")
