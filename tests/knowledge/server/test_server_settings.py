"""Settings of a server are checked, its tokens counted, and its speed tried."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError

from knowledge.generate.server import smoke
from knowledge.generate.writers import WriterUnavailable
from tests.knowledge.openai_server import OpenAiServer
from tests.knowledge.server.asking import (
    Open,
    settings_for,
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": ""}, r"Set knowledge\.server\.url"),
        ({"url": "127.0.0.1:8000"}, r"Set knowledge\.server\.url"),
        ({"url": "http://127.0.0.1:port/v1"}, r"Set knowledge\.server\.url"),
        ({"url": "http://me:secret@127.0.0.1/v1"}, r"^Take the password out of knowledge\S+url"),
        ({"model": ""}, r"Set knowledge\.server\.model"),
    ],
)
def test_settings_that_name_no_server_are_refused(
    open_writer: Open, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(WriterUnavailable, match=said):
        open_writer(**settings)


def test_an_answer_leaves_room_for_the_prompt(server: OpenAiServer, open_writer: Open) -> None:
    assert open_writer(context_tokens=8192, max_new_tokens=400).prompt_tokens == 7792
    with pytest.raises(ValidationError, match="must be less than context_tokens"):
        settings_for(server, context_tokens=400, max_new_tokens=400)


def test_the_name_says_which_model_it_is(open_writer: Open) -> None:
    assert open_writer().name == "server:tiny"


def test_tokens_are_counted_rather_high(open_writer: Open) -> None:
    count = open_writer().count

    assert count("") == 0
    assert count("Everybody has 28 days of holiday a year.") == 14
    assert count("每人每年有二十八天假期") == 11
    assert count("🚀") == 3


def test_the_smoke_test_says_how_fast_the_server_answers(server: OpenAiServer) -> None:
    server.reply = lambda messages: (time.sleep(0.01) or "word " for _ in range(5))

    assert smoke(settings_for(server)).startswith(
        f"The language model server at {server.url} answers as tiny: first words after 0."
    )
    assert server.asked()[0].body["messages"][0]["role"] == "user"


def test_the_smoke_test_fails_as_an_answer_would(server: OpenAiServer) -> None:
    with pytest.raises(WriterUnavailable, match="refused the key"):
        smoke(settings_for(server, api_key="wrong"))
