"""An answer is given as the server writes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from knowledge.prompts import Message
from tests.knowledge.openai_server import OpenAiServer
from tests.knowledge.server.asking import (
    ANSWER,
    KEY,
    PROMPT,
    QUESTION,
    Open,
    written,
)
from tests.tiny_model import make_tiny_model


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
