"""One answer of a language model server from the first attempt to its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from knowledge.generate.circuit import Circuit
from knowledge.generate.reasoning import BareReasoning, ReasoningFilter
from knowledge.generate.server_client import ChatServer
from knowledge.generate.server_errors import CLOSED, Failure, where
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.vllm_adapters import VllmAdapters
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message

ATTEMPTS = 3
LONGEST_TOKEN = 64
"""Characters: what a server may send for each token that was asked for."""
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Where structlog happens to be installed, stamina would write to the standard output.
set_on_retry_hooks([LoggingOnRetryHook])

Piece = str | Failure | None
"""A piece of the answer; at its end what went wrong, or None."""


class Given:
    """What has been given of one answer, after the reasoning was taken out."""

    def __init__(self, put: Callable[[Piece], None], max_new_tokens: int) -> None:
        self._put = put
        self._reasoning = ReasoningFilter()
        self._pieces_left = max_new_tokens
        self._room = max_new_tokens * LONGEST_TOKEN
        self.some = False

    def give(self, piece: str) -> bool:
        """Pass a piece on; returns whether there may be more. Raises BareReasoning."""
        self._show(self._reasoning.feed(UNSTORABLE.sub("\ufffd", piece)))
        # A piece with text is one token or more: what the server was allowed to write is not cut.
        self._pieces_left -= bool(piece)
        return self._pieces_left > 0 and self._room > 0

    def finish(self) -> None:
        self._show(self._reasoning.end())

    def end(self, failure: Failure | None) -> None:
        self._put(failure)

    def _show(self, text: str) -> None:
        text = text[: self._room]
        self._room -= len(text)
        if text:
            self.some = True
            self._put(text)


@dataclass(frozen=True)
class Answering:
    """Asks, asks again where that can help, and tells the circuit how it ended."""

    settings: ServerSettings
    server: ChatServer
    circuit: Circuit
    adapters: VllmAdapters | None = None
    adapter: Adapter | None = None

    async def answer(self, messages: Sequence[Message], put: Callable[[Piece], None]) -> None:
        given = Given(put, self.settings.max_new_tokens)
        try:
            self.circuit.enter()
        except WriterUnavailable as resting:
            return given.end(Failure(str(resting)))
        try:
            async with asyncio.timeout(self.settings.seconds):
                await self.ask(messages, given)
            failure = None if given.some else self.nothing_said()
        except TimeoutError:
            failure = None if given.some else self.too_slow()
        except Failure as error:
            failure = error
        except asyncio.CancelledError:
            self.circuit.left()
            given.end(Failure(CLOSED))
            raise
        except Exception as error:  # or the one who waits would wait for ever
            failure = Failure(f"{where(self.settings)} could not be asked: {type(error).__name__}.")
        self.tell_circuit(failure)
        given.end(failure)

    def tell_circuit(self, failure: Failure | None) -> None:
        if failure is None:
            self.circuit.succeeded()
        elif failure.counts:
            self.circuit.failed(str(failure))
        else:
            self.circuit.left()

    async def ask(self, messages: Sequence[Message], given: Given) -> None:
        def again(error: Exception) -> bool | float:
            # After its first piece, another answer would be glued to the beginning of this one.
            return isinstance(error, Failure) and not given.some and error.again

        attempts = stamina.retry_context(
            on=again, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=2, wait_jitter=0.2
        )
        async for attempt in attempts:
            with attempt:
                await self.attempt(messages, given)

    async def attempt(self, messages: Sequence[Message], given: Given) -> None:
        if self.adapter is None or self.adapters is None:
            return await self.stream(messages, self.settings.model, given)
        model = await asyncio.to_thread(self.adapters.ensure, self.adapter)
        try:
            return await self.stream(messages, model, given)
        except Failure as failure:
            if failure.status != 404:
                raise
        # The server has been restarted since, and knows the adapter no more.
        model = await asyncio.to_thread(self.adapters.load, self.adapter)
        return await self.stream(messages, model, given)

    async def stream(self, messages: Sequence[Message], model: str, given: Given) -> None:
        async with aclosing(self.server.stream(messages, model)) as pieces:
            async for piece in pieces:
                try:
                    if not given.give(piece):
                        break
                except BareReasoning:
                    raise self.bare_reasoning() from None
        given.finish()

    def nothing_said(self) -> Failure:
        why = (
            f"{where(self.settings)} gave an empty answer. A model that reasons first needs more "
            "knowledge.server.max_new_tokens, or its reasoning turned off."
        )
        return Failure(why, counts=False)

    def too_slow(self) -> Failure:
        return Failure(
            f"{where(self.settings)} wrote nothing within {self.settings.seconds:g} s "
            "(knowledge.server.seconds)."
        )

    def bare_reasoning(self) -> Failure:
        why = (
            f"{where(self.settings)} sends the model's reasoning as its answer: start it with a "
            "reasoning parser, or turn reasoning off."
        )
        return Failure(why, counts=False)
