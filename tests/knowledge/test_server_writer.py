"""An OpenAI-compatible server is streamed from, given up, spared and never told too much."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from knowledge.generate.circuit import Circuit
from knowledge.generate.server import ServerWriter, smoke
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import WriterUnavailable
from knowledge.prompts import Message
from tests.knowledge.openai_server import Answer, OpenAiServer, event, html_page, refusing
from tests.tiny_model import make_tiny_model

QUESTION: list[Message] = [
    {"role": "system", "content": "You answer."},
    {"role": "user", "content": "Which card opens the door?"},
]
KEY = "sk-test-3141592653589793"
ANSWER = ("The ", "green ", "card ", "[1].")
PROMPT = 2.0
"""Seconds in which something that happens at once has happened, on a busy machine too."""

Open = Callable[..., ServerWriter]


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


# Streaming


def test_the_pieces_are_those_of_the_server(open_writer: Open) -> None:
    assert tuple(open_writer().write(QUESTION, threading.Event())) == ANSWER


def test_the_request_says_what_the_settings_say(server: OpenAiServer, open_writer: Open) -> None:
    written(open_writer(max_new_tokens=77))

    (seen,) = server.asked()
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.body["messages"] == QUESTION
    assert seen.body["model"] == "tiny"
    assert seen.body["max_tokens"] == 77
    assert seen.body["stream"] is True


def test_a_piece_is_given_while_the_next_is_being_written(
    server: OpenAiServer, open_writer: Open
) -> None:
    may_go_on = threading.Event()

    def reply(messages: Sequence[Message]) -> Iterator[str]:
        yield "first "
        assert may_go_on.wait(PROMPT * 5)
        yield "second"

    server.reply = reply
    pieces = open_writer().write(QUESTION, threading.Event())

    assert next(pieces) == "first "
    may_go_on.set()
    assert list(pieces) == ["second"]


def test_events_may_be_cut_inside_a_character(server: OpenAiServer, open_writer: Open) -> None:
    server.reply = lambda messages: ["绿色的卡", "片 🚀", " é"]
    server.parts = 60

    assert written(open_writer()) == "绿色的卡片 🚀 é"


def test_people_who_ask_at_once_get_their_own_answers(
    server: OpenAiServer, open_writer: Open
) -> None:
    server.reply = lambda messages: [*messages[0]["content"]]
    writer = open_writer()

    def ask(name: str) -> str:
        return "".join(writer.write([{"role": "user", "content": name}], threading.Event()))

    names = [f"person {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as people:
        assert list(people.map(ask, names)) == names


def test_a_model_made_on_the_spot_says_the_same_through_the_server(
    server: OpenAiServer, open_writer: Open, tmp_path: Path
) -> None:
    model = TinyModel(make_tiny_model(tmp_path / "model"))
    server.reply = model.tokens

    said = written(open_writer(max_new_tokens=24))

    assert len(said) > 10
    assert said == model.text(QUESTION, 24).lstrip()


class TinyModel:
    """The likeliest tokens of a random model, one by one."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()

    def tokens(self, messages: Sequence[Message], most: int = 100) -> Iterator[str]:
        import torch

        asked = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True)
        prompt = asked["input_ids"]
        said: list[int] = []
        before = ""
        while len(said) < most:
            with torch.inference_mode():
                logits = self.model(torch.tensor([prompt + said])).logits[0, -1]
            said.append(int(logits.argmax()))
            text = self.tokenizer.decode(said, skip_special_tokens=True)
            yield text[len(before) :]
            before = text

    def text(self, messages: Sequence[Message], tokens: int) -> str:
        return "".join(self.tokens(messages, tokens))


# Ending


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


# Limits of time


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


# Trying again


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


# Keys and the environment


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


# The circuit


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


# Odd answers


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


# Settings, names and counts


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
