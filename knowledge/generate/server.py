"""The generator `server`: answers by a language model behind any OpenAI-compatible server."""

from __future__ import annotations

import copy
import logging
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, SimpleQueue

from knowledge.generate.circuit import Circuit, CircuitState
from knowledge.generate.loop_thread import LoopThread
from knowledge.generate.server_answer import Answering, Piece
from knowledge.generate.server_client import ChatServer
from knowledge.generate.server_errors import CLOSED, Failure, where
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.vllm_adapters import VllmAdapters
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
"""How often one who waits for the next piece looks whether to stop."""
PLAIN = re.compile(r"[ -~\n\t]")
PLAIN_PER_TOKEN = 3
"""Characters of English or of code that make a token, guessed low."""
RARE = re.compile(r"[^\u0000-\uffff]")
RARE_TOKENS = 3
"""Emoji and rare ideographs fall apart into bytes."""
NO_ADAPTERS = (
    "The release has an adapter: set knowledge.server.adapters = true, and let a vLLM that loads "
    "adapters at run time serve the model."
)
SMOKE: list[Message] = [{"role": "user", "content": "Write the numbers from one to twenty."}]


class ServerWriter:
    """Fills Writer. Each question is waited for in its own thread, and answered in one loop."""

    def __init__(
        self,
        settings: ServerSettings,
        adapter: Adapter | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        """Raises WriterUnavailable if the settings cannot work; asks nothing of the server yet."""
        if adapter and not settings.adapters:
            raise WriterUnavailable(NO_ADAPTERS)
        self.settings = settings
        self.adapter = adapter
        self._shares = False
        self._circuit = circuit or Circuit()
        server = ChatServer(settings)
        self.adapters = VllmAdapters(settings) if settings.adapters else None
        self._answering = Answering(settings, server, self._circuit, self.adapters, adapter)
        self._loop = LoopThread("language-model-server", server.close)

    @property
    def name(self) -> str:
        adapter = f"@{self.adapter.name}" if self.adapter else ""
        return f"server:{self.settings.model}{adapter}"

    @property
    def prompt_tokens(self) -> int:
        return self.settings.context_tokens - self.settings.max_new_tokens

    @property
    def state(self) -> CircuitState:
        """Failures so far, and whether the server is being asked."""
        return self._circuit.state

    def count(self, text: str) -> int:
        """Rather too many than too few: the server's tokenizer is not known here."""
        plain = len(PLAIN.findall(text))
        rare = len(RARE.findall(text))
        return -(-plain // PLAIN_PER_TOKEN) + len(text) - plain + rare * (RARE_TOKENS - 1)

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        if stop.is_set():
            return
        pieces: SimpleQueue[Piece] = SimpleQueue()
        answer = self._start(messages, pieces)
        piece: Piece = None
        try:
            while (piece := next_piece(pieces, stop)) and isinstance(piece, str):
                yield piece
        finally:
            # Ends the request wherever it is, and the server sees the connection close.
            answer.cancel()
        if isinstance(piece, Failure):
            # A new one: the traceback of the failure leads through frames that hold the key.
            raise WriterUnavailable(str(piece))

    def with_adapter(self, adapter: Adapter | None) -> ServerWriter:
        """One that shares connections and circuit, with an adapter that vLLM has answered with.

        vLLM keeps it beside this one's, on which answers may be on their way, and no others.
        """
        if adapter is not None:
            if self.adapters is None:
                raise WriterUnavailable(NO_ADAPTERS)
            self.adapters.load(adapter)
        if self.adapters is not None:
            self._unload_all_but(adapter)
        other = copy.copy(self)
        other.adapter, other._shares = adapter, True
        other._answering = replace(self._answering, adapter=adapter)
        return other

    def _unload_all_but(self, adapter: Adapter | None) -> None:
        assert self.adapters is not None
        try:
            self.adapters.keep_only([kept for kept in (self.adapter, adapter) if kept])
        except WriterUnavailable as error:
            log.warning("old adapters may still be loaded: %s", error)

    def close(self) -> None:
        """Ends the answers that are being written; one made by `with_adapter` holds nothing."""
        if self._shares:
            return
        self._loop.close()
        if self.adapters:
            self.adapters.close()

    def _start(self, messages: Sequence[Message], pieces: SimpleQueue[Piece]) -> Future[None]:
        try:
            return self._loop.start(self._answering.answer(messages, pieces.put))
        except RuntimeError:
            raise WriterUnavailable(CLOSED) from None


def next_piece(pieces: SimpleQueue[Piece], stop: threading.Event) -> Piece:
    """What comes next, or None as soon as `stop` is set."""
    while not stop.is_set():
        try:
            return pieces.get(timeout=LOOK_SECONDS)
        except Empty:
            continue
    return None


def smoke(settings: ServerSettings) -> str:
    """Ask the server one small question; returns how it went. Raises WriterUnavailable."""
    writer = ServerWriter(settings)
    times = [time.perf_counter()]
    try:
        for _ in writer.write(SMOKE, threading.Event()):
            times.append(time.perf_counter())
    finally:
        writer.close()
    first, rest = times[1] - times[0], times[-1] - times[1]
    # Servers send a piece for each token.
    rate = f", then about {(len(times) - 2) / rest:.0f} tokens a second" if rest else ""
    return f"{where(settings)} answers as {settings.model}: first words after {first:.2f} s{rate}."
