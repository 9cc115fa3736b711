"""A follow-up becomes a question that stands alone; every other question stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import pytest

from knowledge.conversation import Turn, leans, standalone
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message

HOLIDAYS = Turn("How many holidays do employees get?", "Employees get 28 days.")
CONTRACTORS = Turn("And for contractors?", "Contractors get none.")


@dataclass
class SaidBefore:
    """A model that always says the same."""

    says: str | None
    asked: list[str] = field(default_factory=list)
    name: str = "fixed"
    prompt_tokens: int = 1000

    def count(self, text: str) -> int:
        return len(text.split())

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        self.asked += [message["content"] for message in messages]
        if self.says is None:
            raise WriterUnavailable("It is down.")
        yield from self.says

    def with_adapter(self, adapter: Adapter | None) -> Self:
        return self

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "question",
    [
        "And for contractors?",
        "what about part-time staff?",
        "How about Sundays?",
        "Why?",
        "How long?",
        "Who approves it?",
        "Does that hold for interns?",
        "Where can I find them?",
        "but if I am ill?",
        "And how long is it?",
        "And when?",
        "And is that paid?",
        "Und für Praktikanten?",
        "那合同工呢？",
        "它什么时候开门？",
    ],
)
def test_a_follow_up_leans_on_what_was_said(question: str) -> None:
    assert leans(question)
    assert standalone(question, [HOLIDAYS]) == f"{HOLIDAYS.question} {question}"


@pytest.mark.parametrize(
    "question",
    [
        "How many days of parental leave do new fathers get in Berlin?",
        "Where is the night door?",
        "And when was Philae found again?",
        "But who may open the night door?",
        "What is the wifi password?",
        "How do I book the dome?",
        "Who runs the payroll?",
        "食堂星期五供应什么菜？",
        "If it rains on the day of the summer party, where does everybody meet?",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    assert not leans(question)
    assert standalone(question, [HOLIDAYS]) == question


def test_without_an_earlier_question_nothing_is_added() -> None:
    assert standalone("And for contractors?", []) == "And for contractors?"


def test_follow_ups_of_a_follow_up_keep_their_question() -> None:
    asked = standalone("And on Sundays?", [HOLIDAYS, CONTRACTORS])
    assert asked == f"{HOLIDAYS.question} {CONTRACTORS.question} And on Sundays?"


def test_what_was_asked_before_another_question_is_forgotten() -> None:
    door = Turn("Where is the night door?", "Behind the archive.")
    assert standalone("Who opens it?", [HOLIDAYS, door]) == "Where is the night door? Who opens it?"


def test_the_model_is_asked_where_there_is_one() -> None:
    writer = SaidBefore("How many holidays do contractors get?")
    assert standalone("And for contractors?", [HOLIDAYS], writer) == writer.says
    assert HOLIDAYS.question in writer.asked[1]
    assert writer.asked[1].endswith("Last question: And for contractors?")


def test_the_model_is_not_asked_about_what_stands_alone() -> None:
    writer = SaidBefore("No!")
    assert standalone("Where is the night door?", [HOLIDAYS], writer) == "Where is the night door?"
    assert writer.asked == []


@pytest.mark.parametrize("says", [None, "", "One line\nand another", "blah " * 200])
def test_a_model_that_fails_or_babbles_is_not_followed(says: str | None) -> None:
    asked = standalone("And for contractors?", [HOLIDAYS], SaidBefore(says))
    assert asked == f"{HOLIDAYS.question} And for contractors?"
