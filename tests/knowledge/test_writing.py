"""A language model answers: streamed, checked, refused, stopped, or replaced by the passages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import pytest

from knowledge.answering import NOT_SUPPORTED, STOPPED
from knowledge.answers import NOT_REACHED, UNKNOWN, Answer, FoundPassage
from knowledge.base import Knowledge
from knowledge.conversation import Turn
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.live import Serving
from knowledge.prompts import Message

QUESTION = "How does the night door open?"
RIGHT = "You open the night door with the green card [1]."


@dataclass
class Scripted:
    """A language model that says what it is told to, word by word."""

    says: str
    fails_after: int | None = None
    prompts: list[str] = field(default_factory=list)
    name: str = "scripted"
    prompt_tokens: int = 2000

    def count(self, text: str) -> int:
        return len(text.split())

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        self.prompts.append(messages[-1]["content"])
        for number, word in enumerate(self.says.split(" ")):
            if number == self.fails_after:
                raise WriterUnavailable("The server is gone.")
            if stop.is_set():
                return
            yield word if number == 0 else f" {word}"

    def with_adapter(self, adapter: Adapter | None) -> Self:
        return self

    def close(self) -> None:
        pass


@dataclass
class Ear:
    """Follows an answer, and stops it after so many pieces."""

    stops_after: int = 1000
    stop: threading.Event = field(default_factory=threading.Event)
    read: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def found(self, passages: Sequence[FoundPassage]) -> None:
        self.read += [passage.path for passage in passages]
        if self.stops_after == 0:
            self.stop.set()

    def wrote(self, piece: str) -> None:
        self.heard.append(piece)
        if len(self.heard) >= self.stops_after:
            self.stop.set()


Ask = Callable[..., Answer]


@pytest.fixture
def ask(handbook: Knowledge) -> Ask:
    """Asks the handbook through a scripted model."""

    def run(
        says: str | Scripted,
        question: str = QUESTION,
        follower: Ear | None = None,
        turns: Sequence[Turn] = (),
    ) -> Answer:
        writer = Scripted(says) if isinstance(says, str) else says
        serving = Serving(None, handbook.embedder, writer)
        with_model = replace(handbook.answerer, live=serving)
        return with_model.answer(question, None, follower, turns)

    return run


def test_the_model_answers_with_checked_citations(ask: Ask) -> None:
    answer = ask(RIGHT)
    assert answer.text == "You open the night door with the green card. [1]"
    assert [c.quote for c in answer.citations] == ["The night door opens with the green card."]
    assert (answer.generator, answer.abstained, answer.notice) == ("scripted", False, "")


def test_the_model_reads_the_passages_and_the_question(ask: Ask) -> None:
    writer = Scripted(RIGHT)
    ask(writer)
    assert "The night door opens with the green card." in writer.prompts[0]
    assert QUESTION in writer.prompts[0]


def test_a_follower_hears_the_passages_first_and_then_every_piece(ask: Ask) -> None:
    ear = Ear()
    ask(RIGHT, follower=ear)
    assert ear.read[0] == "keys.md"
    assert "".join(ear.heard) == RIGHT


def test_what_the_documents_do_not_answer_is_not_asked_of_the_model(ask: Ask) -> None:
    writer, ear = Scripted("The moon is 384,400 km away."), Ear()
    answer = ask(writer, "How far away is the moon from the earth?", ear)
    assert (answer.abstained, answer.text, answer.citations) == (True, UNKNOWN, ())
    assert (writer.prompts, ear.read, ear.heard) == ([], [], [])


@pytest.mark.parametrize("says", [UNKNOWN, f"\n{UNKNOWN[:-1]}\n", f'"{UNKNOWN}"'])
def test_a_model_that_does_not_know_abstains(ask: Ask, says: str) -> None:
    answer = ask(says)
    assert (answer.abstained, answer.text, answer.citations) == (True, UNKNOWN, ())


@pytest.mark.parametrize("words", [0, 3])
def test_when_the_model_fails_the_passages_are_quoted_and_it_is_said(ask: Ask, words: int) -> None:
    answer = ask(Scripted(RIGHT, fails_after=words))
    assert answer.notice == NOT_REACHED
    assert "The night door opens with the green card. [1]" in answer.text
    assert answer.generator == "quotes"


@pytest.mark.parametrize("says", ["Cake is free on Fridays [1].", "", "   "])
def test_what_is_not_in_the_passages_is_not_given(ask: Ask, says: str) -> None:
    answer = ask(says)
    assert answer.notice == NOT_SUPPORTED
    assert "green card" in answer.text
    assert "Cake" not in answer.text


def test_a_stopped_answer_keeps_what_was_written(ask: Ask) -> None:
    ear = Ear(stops_after=4)
    answer = ask(RIGHT, follower=ear)
    assert "".join(ear.heard) == "You open the night"
    assert answer.text.startswith("You open the night")


def test_an_answer_that_is_stopped_at_once_says_so(ask: Ask) -> None:
    answer = ask(RIGHT, follower=Ear(stops_after=0))
    assert (answer.text, answer.citations) == (STOPPED, ())


def test_a_follow_up_is_searched_for_as_the_model_understands_it(ask: Ask) -> None:
    told = "Lost cards are reported to the guard at once."
    answer = ask(told, "And if it is lost?", turns=[Turn(QUESTION, RIGHT)])
    assert (answer.question, answer.standalone) == ("And if it is lost?", told)
    assert answer.passages[0].path == "keys.md"


def test_without_a_model_a_follow_up_is_searched_for_with_its_question(
    handbook: Knowledge,
) -> None:
    answer = handbook.answer("And if it is lost?", turns=[(QUESTION, RIGHT)])
    assert answer.standalone == f"{QUESTION} And if it is lost?"
    assert answer.passages[0].path == "keys.md"
