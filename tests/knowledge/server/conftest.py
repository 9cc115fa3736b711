"""A server of the tests' own, and writers that ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from knowledge.generate.circuit import Circuit
from knowledge.generate.server import ServerWriter
from tests.knowledge.openai_server import OpenAiServer
from tests.knowledge.server.asking import ANSWER, KEY, Open, settings_for


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda messages: ANSWER, key=KEY).start() as started:
        yield started


@pytest.fixture
def open_writer(server: OpenAiServer) -> Iterator[Open]:
    """Opens writers to the server; settings by name, and the circuit."""
    with ExitStack() as stack:

        def opened(circuit: Circuit | None = None, **settings: object) -> ServerWriter:
            writer = ServerWriter(settings_for(server, **settings), circuit=circuit)
            return stack.enter_context(closing(writer))

        yield opened
