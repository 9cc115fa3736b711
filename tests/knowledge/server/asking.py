"""One question to a server, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from knowledge.generate.server import ServerWriter
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import WriterUnavailable
from knowledge.prompts import Message
from tests.knowledge.openai_server import OpenAiServer

QUESTION: list[Message] = [
    {"role": "system", "content": "You answer."},
    {"role": "user", "content": "Which card opens the door?"},
]
KEY = "sk-test-3141592653589793"
ANSWER = ("The ", "green ", "card ", "[1].")
PROMPT = 2.0
"""Seconds in which something that happens at once has happened, on a busy machine too."""

Open = Callable[..., ServerWriter]


def settings_for(server: OpenAiServer, **settings: object) -> ServerSettings:
    values = {"url": server.url, "model": "tiny", "api_key": KEY, "stall_seconds": 10}
    return ServerSettings.model_validate({**values, **settings})


def written(writer: ServerWriter) -> str:
    return "".join(writer.write(QUESTION, threading.Event()))


def unavailable(writer: ServerWriter) -> str:
    with pytest.raises(WriterUnavailable) as caught:
        written(writer)
    return str(caught.value)


def chain(error: BaseException | None) -> Iterator[str]:
    """Everything that a log could show of an exception."""
    while error is not None:
        yield f"{error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
