"""An answer ends when the reader, its length or its time says so."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, closing

import pytest

from knowledge.generate.server import ServerWriter
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import WriterUnavailable
from tests.knowledge.openai_server import OpenAiServer
from tests.knowledge.server.asking import (
    PROMPT,
    QUESTION,
    Open,
    unavailable,
    written,
)


def test_stop_ends_the_answer_and_the_server_sees_it(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.endless
    stop = threading.Event()
    pieces = open_writer(max_new_tokens=8000).write(QUESTION, stop)
    next(pieces)

    stop.set()

    assert len(list(pieces)) <= 1
    server.wait_for_disconnects(1)


def test_stop_ends_the_wait_for_a_server_that_says_nothing(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.stalling(0)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    start = time.monotonic()

    assert list(open_writer().write(QUESTION, stop)) == []

    assert time.monotonic() - start < PROMPT
    server.wait_for_disconnects(1)


def test_a_reader_who_leaves_ends_the_request(server: OpenAiServer, open_writer: Open) -> None:
    server.answer = server.endless
    pieces = open_writer(max_new_tokens=8000).write(QUESTION, threading.Event())
    next(pieces)

    pieces.close()  # type: ignore[attr-defined]

    server.wait_for_disconnects(1)


def test_a_question_that_was_stopped_before_is_not_asked(
    server: OpenAiServer, open_writer: Open
) -> None:
    stop = threading.Event()
    stop.set()

    assert list(open_writer().write(QUESTION, stop)) == []
    assert server.requests == []


def test_a_model_that_never_stops_is_ended_at_its_tokens(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.endless

    assert written(open_writer(max_new_tokens=20)) == "on and " * 20
    server.wait_for_disconnects(1)


def test_a_model_that_never_stops_is_ended_at_its_time(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.endless

    assert written(open_writer(max_new_tokens=8000, seconds=0.5)).startswith("on and on and ")
    server.wait_for_disconnects(1)


def test_a_piece_larger_than_an_answer_is_cut(server: OpenAiServer, open_writer: Open) -> None:
    server.reply = lambda messages: ["x" * 100_000]

    assert len(written(open_writer(max_new_tokens=16))) == 16 * 64


def test_closing_ends_what_is_being_written(server: OpenAiServer, open_writer: Open) -> None:
    server.answer = server.stalling(1)
    writer = open_writer()
    pieces = writer.write(QUESTION, threading.Event())
    next(pieces)

    writer.close()

    with pytest.raises(WriterUnavailable, match="has been closed"):
        next(pieces)
    assert "has been closed" in unavailable(writer)


def test_a_server_that_stalls_is_given_up(server: OpenAiServer, open_writer: Open) -> None:
    server.answer = server.stalling(2)
    given: list[str] = []

    with pytest.raises(WriterUnavailable, match=r"said nothing for 0\.3 s .*stall_seconds"):
        given.extend(open_writer(stall_seconds=0.3).write(QUESTION, threading.Event()))

    assert len(server.asked()) == 1
    server.wait_for_disconnects(1)


def test_a_server_that_only_says_that_it_is_there_is_given_up_at_the_end_of_the_time(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.stalling(0)

    assert "wrote nothing within 0.3 s" in unavailable(open_writer(seconds=0.3))


def test_a_server_that_takes_no_connection_is_given_up() -> None:
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # These fill the queue of connections that nobody accepts.
        first, second = (waiting.enter_context(socket.socket()) for _ in range(2))
        first.connect(listener.getsockname())
        second.setblocking(False)
        second.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        settings = ServerSettings(url=url, model="tiny", connect_seconds=0.3)

        with closing(ServerWriter(settings)) as writer:
            assert "did not take the connection within 0.3 s" in unavailable(writer)


def test_a_server_that_is_not_there_is_named(server: OpenAiServer, open_writer: Open) -> None:
    writer = open_writer()
    server.stop()

    why = unavailable(writer)

    assert server.url in why
    assert "start it, or check knowledge.server.url" in why
