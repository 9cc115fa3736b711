"""What is no answer is not shown as one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.generate.writers import WriterUnavailable
from tests.knowledge.event_stream import event
from tests.knowledge.openai_server import Answer, OpenAiServer, html_page
from tests.knowledge.server.asking import (
    Open,
    unavailable,
    written,
)


def test_an_empty_answer_is_none(server: OpenAiServer, open_writer: Open) -> None:
    server.reply = lambda messages: ["<think>", "Hm."]

    assert "gave an empty answer" in unavailable(open_writer())


def test_reasoning_is_not_shown(server: OpenAiServer, open_writer: Open) -> None:
    server.reply = lambda messages: ["<th", "ink>They ask.", "</thi", "nk>\n\nThe card."]

    assert written(open_writer()) == "The card."


def test_reasoning_that_was_not_announced_ends_the_answer(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.reply = lambda messages: ["They ask.\n", "</think>\n", "The card."]

    assert "start it with a reasoning parser" in unavailable(open_writer())


def test_characters_that_no_database_takes_are_replaced(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = server.raw(
        b'data: {"choices": [{"index": 0, "delta": {"content": "a\\u0000b\\ud83dc"}}]}\n\n',
        event(reason="stop"),
    )

    assert written(open_writer()) == "a�b�c"


BROKEN = {
    "a web page": (lambda server: html_page, r"text/html instead of a stream.*ending in /v1"),
    "no JSON": (lambda server: server.raw(b"data: {no\n\n"), "no chat completion"),
    "no UTF-8": (lambda server: server.raw(b"data: \xff\xfe\n\n"), "no chat completion"),
    "other JSON": (lambda server: server.raw(b'data: {"choices": "x"}\n\n'), "no chat completion"),
    "a list": (lambda server: server.raw(b"data: [1]\n\n"), "no chat completion"),
    "nothing": (lambda server: server.raw(), "broke off in the middle"),
    "no end": (lambda server: server.raw(event({"content": "The"})), "broke off in the middle"),
    "an error": (
        lambda server: server.raw(b'data: {"error": {"message": "out of memory"}}\n\n'),
        "broke off with an error: out of memory",
    ),
}


@pytest.mark.parametrize(("broken", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_chat_completion_is_a_clear_failure(
    server: OpenAiServer,
    open_writer: Open,
    broken: Callable[[OpenAiServer], Answer],
    said: str,
) -> None:
    server.answer = broken(server)

    with pytest.raises(WriterUnavailable, match=said):
        written(open_writer())
