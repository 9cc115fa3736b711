"""A server is asked again where that can help, and spared when it keeps failing."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from knowledge.generate.circuit import Circuit
from knowledge.generate.server_errors import retry_after
from knowledge.generate.writers import WriterUnavailable
from tests.knowledge.openai_server import Answer, OpenAiServer, refusing
from tests.knowledge.server.asking import (
    ANSWER,
    QUESTION,
    Open,
    unavailable,
    written,
)


@pytest.mark.parametrize(
    "fault",
    [refusing(429), refusing(429, retry_after="0"), *map(refusing, (502, 503, 504))],
)
def test_a_server_that_is_busy_is_asked_again(
    server: OpenAiServer, open_writer: Open, fault: Answer
) -> None:
    server.next_answers.append(fault)
    writer = open_writer()

    assert written(writer) == "".join(ANSWER)
    assert len(server.asked()) == 2
    assert writer.state.failures == 0


def test_a_connection_that_breaks_before_the_first_word_is_tried_again(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.next_answers.append(server.disconnecting(0))

    assert written(open_writer()) == "".join(ANSWER)


def test_nothing_is_tried_again_after_text_was_given(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.disconnecting(2)
    given: list[str] = []

    with pytest.raises(WriterUnavailable, match="broke off"):
        given.extend(open_writer().write(QUESTION, threading.Event()))

    assert len(server.asked()) == 1


def test_retry_after_is_waited_for(server: OpenAiServer, open_writer: Open) -> None:
    server.next_answers.append(refusing(429, retry_after="0.8"))
    start = time.monotonic()

    written(open_writer())

    assert time.monotonic() - start >= 0.8


def test_three_attempts_are_the_most(server: OpenAiServer, open_writer: Open) -> None:
    server.answer = refusing(503, "overloaded")

    assert "failed (503): overloaded" in unavailable(open_writer())
    assert len(server.asked()) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (refusing(400, "context is 4096 tokens"), r"context is 4096 tokens.*\.context_tokens"),
        (refusing(403), r"refused the key \(403\).*knowledge\.server\.api_key"),
        (refusing(404), r"no model 'tiny' \(404\).*knowledge\.server\.model"),
        (refusing(429, retry_after="3600"), r"asks to wait 3600 s"),
        (refusing(500), r"failed \(500\).*log says why"),
        (refusing(307, location="http://127.0.0.1:1/"), r"elsewhere \(307\).*server\.url"),
    ],
)
def test_what_asking_again_cannot_mend_is_asked_once(
    server: OpenAiServer, open_writer: Open, fault: Answer, said: str
) -> None:
    server.answer = fault

    with pytest.raises(WriterUnavailable, match=said):
        written(open_writer())

    assert len(server.asked()) == 1


class Clock:
    """Goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_server_that_keeps_failing_is_spared_and_tried_again_later(
    server: OpenAiServer, open_writer: Open
) -> None:
    clock = Clock()
    writer = open_writer(Circuit(limit=2, seconds=30, clock=clock))
    server.next_answers.extend([refusing(500), refusing(500)])
    unavailable(writer)
    unavailable(writer)

    why = unavailable(writer)

    assert "not asked for another 30 s, because it failed 2 times in a row" in why
    assert len(server.asked()) == 2
    assert writer.state.open
    assert (writer.state.failures, writer.state.refused) == (2, 1)
    clock.now = 31
    assert written(writer) == "".join(ANSWER)
    assert not writer.state.open
    assert writer.state.in_a_row == 0


def test_one_question_tries_a_server_that_was_spared_and_the_others_wait() -> None:
    clock = Clock()
    circuit = Circuit(limit=1, seconds=30, clock=clock)
    circuit.enter()
    circuit.failed("down")
    clock.now = 31

    circuit.enter()

    with pytest.raises(WriterUnavailable, match="the last time: down"):
        circuit.enter()
    circuit.left()
    circuit.enter()


def test_a_prompt_that_is_refused_says_nothing_about_the_server(
    server: OpenAiServer, open_writer: Open
) -> None:
    writer = open_writer(Circuit(limit=1))
    server.next_answers.append(refusing(400))
    unavailable(writer)

    assert written(writer) == "".join(ANSWER)


def test_an_answer_that_was_stopped_is_no_failure(server: OpenAiServer, open_writer: Open) -> None:
    server.answer = server.endless
    writer = open_writer()
    stop = threading.Event()
    pieces = writer.write(QUESTION, stop)
    next(pieces)
    stop.set()
    list(pieces)

    assert writer.state.failures == 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("Sat, 21 Nov 2026 10:00:04 GMT", 4),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, datetime(2026, 11, 21, 10, tzinfo=UTC)) == seconds
