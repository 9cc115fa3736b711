"""No key is shown, and none is sent that was meant for somebody else."""

from __future__ import annotations

import logging

import pytest

from knowledge.generate.writers import WriterUnavailable
from tests.knowledge.openai_server import OpenAiServer, refusing
from tests.knowledge.server.asking import (
    ANSWER,
    KEY,
    Open,
    chain,
    unavailable,
    written,
)


def test_a_wrong_key_is_said_without_showing_it(
    server: OpenAiServer, open_writer: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sk-wrong-2718281828459045"
    writer = open_writer(api_key=secret)

    with pytest.raises(WriterUnavailable, match=r"check knowledge\.server\.api_key") as caught:
        written(writer)

    assert server.asked()[0].headers["authorization"] == f"Bearer {secret}"
    assert secret not in " ".join(chain(caught.value))
    assert secret not in caplog.text
    assert secret not in f"{writer!r} {writer.settings!r} {writer._answering!r}"


def test_a_server_that_repeats_the_key_is_not_quoted_with_it(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.answer = refusing(400, f"bad request of {KEY}")

    assert "bad request of ***" in unavailable(open_writer())


def test_nothing_meant_for_another_server_is_sent(
    server: OpenAiServer, open_writer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-somebody")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    server.key = ""

    written(open_writer(api_key=""))

    headers = server.asked()[0].headers
    assert "authorization" not in headers
    assert "of-somebody" not in str(headers)


def test_a_server_on_this_machine_is_reached_without_the_proxy(
    open_writer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert written(open_writer()) == "".join(ANSWER)
