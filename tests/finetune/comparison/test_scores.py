"""What an arm says is scored: near the right answer, explained, in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from finetune.comparison.arms import ARMS, Said, closed_book
from finetune.comparison.scores import as_json, ask_all, explained, score
from finetune.datasets import LabelledQuestion
from finetune.metrics import Support
from knowledge.answers import UNKNOWN, Answer, Citation
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.writers import Adapter, Writer, WriterUnavailable
from knowledge.prompts import Message
from tests.knowledge.passages import passage

from .rows import scored

DOOR = passage(1, text="The night door opens at 19 hours.")
QUESTION = LabelledQuestion("q", "When does the door open?", ("19 hours",), (), True, (), ())
NOBODY_KNOWS = LabelledQuestion("u", "Who won the cup?", (), (), False, (), ())


class Even:
    """All words weigh the same."""

    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        return dict.fromkeys(terms, 1.0)


SUPPORT = Support(Even(), "english")  # type: ignore[arg-type]


@dataclass
class Echo:
    """Writes what it is told to, and keeps what it was asked."""

    says: str | None
    asked: list[Message] = field(default_factory=list)
    name: str = "echo"
    prompt_tokens: int = 1000

    def count(self, text: str) -> int:
        return len(text.split())

    def write(self, messages: Sequence[Message], stop: threading.Event) -> Iterator[str]:
        self.asked = list(messages)
        if self.says is None:
            raise WriterUnavailable("It is away.")
        yield self.says

    def with_adapter(self, adapter: Adapter | None) -> Writer:
        return self

    def close(self) -> None:
        pass


def cited(text: str) -> Answer:
    return Answer(
        question=QUESTION.question,
        text=text,
        abstained=False,
        confidence=1.0,
        citations=(Citation(1, DOOR, DOOR.text),),
        passages=(DOOR,),
        generator="echo",
        index_version=1,
    )


def test_by_heart_a_model_is_shown_the_question_alone() -> None:
    writer = Echo(" At 19 hours. ")
    said = closed_book(writer)(QUESTION.question)
    assert said.text == "At 19 hours."
    assert "<passages>" not in writer.asked[1]["content"]
    assert QUESTION.question in writer.asked[1]["content"]


def test_what_it_does_not_know_is_no_answer() -> None:
    assert closed_book(Echo(UNKNOWN))(QUESTION.question).text == ""


def test_a_model_that_is_away_ends_the_comparison() -> None:
    with pytest.raises(KnowledgeUnusable, match="see that it runs"):
        closed_book(Echo(None))(QUESTION.question)


def test_a_sentence_is_explained_by_a_cited_passage_that_bears_it_out() -> None:
    text = (
        "The night door opens at 19 hours. [1] The night door opens at 20 hours. [1] Soup is free."
    )
    assert explained(Said(text, 1.0, cited(text)), SUPPORT) == (3, 1)


def test_what_is_said_by_heart_explains_nothing() -> None:
    assert explained(Said("It opens at 19 hours.", 1.0), SUPPORT) == (1, 0)


def test_scores_are_those_of_the_answer() -> None:
    found = score(QUESTION, Said("19 hours", 7.0), SUPPORT)
    assert (found.f1, found.containment, found.abstained, found.ms) == (1.0, 1.0, False, 7.0)


def test_what_was_not_measured_is_null() -> None:
    silent = score(NOBODY_KNOWS, Said("", 5.0), SUPPORT)
    told = as_json([silent])
    assert (told["f1"], told["explainability"]) == (None, None)
    assert told["abstention"] == {"answerable": None, "unanswerable": 1.0}


def test_latency_is_told_by_its_median_and_its_slow_end() -> None:
    told = as_json([scored(1.0, ms=float(ms)) for ms in range(1, 101)])
    assert told["latency_ms"] == {"median": 50.5, "p95": 95.0}


def test_the_arms_take_turns_in_being_first() -> None:
    heard: list[str] = []

    def arm(name: str) -> object:
        return lambda question: heard.append(name) or Said(name, 1.0)

    asks = {name: arm(name) for name in ARMS}
    rows = ask_all(asks, [QUESTION] * 4, SUPPORT, lambda *_: None)  # type: ignore[arg-type]
    assert [heard[at] for at in range(4, 20, 4)] == list(ARMS)
    assert [len(rows[name]) for name in ARMS] == [4, 4, 4, 4]
