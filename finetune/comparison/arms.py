"""The four arms: who answers a question, from what, and how long it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from knowledge.answering import Answerer
from knowledge.answers import NOT_REACHED, Answer
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.checked import CITED
from knowledge.generate.writers import Writer, WriterUnavailable
from knowledge.prompts import build_closed_book_messages
from knowledge.question import QuestionRefused, tidy
from knowledge.writing import is_refusal

Arm = Literal["base", "rag", "fine_tuned", "rag_fine_tuned"]
ARMS: tuple[Arm, ...] = ("base", "rag", "fine_tuned", "rag_fine_tuned")
"""The cheapest to keep up first: an index is kept up by itself, an adapter is trained anew."""
READING: frozenset[Arm] = frozenset({"rag", "rag_fine_tuned"})
TUNED: tuple[Arm, ...] = ("fine_tuned", "rag_fine_tuned")
"""Each learns in the prompt in which it is asked; what learnt by heart can be hurt by passages
(RAFT, Zhang et al. 2024)."""
NAMES: Mapping[Arm, str] = {
    "base": "base model",
    "rag": "RAG",
    "fine_tuned": "fine-tuned",
    "rag_fine_tuned": "RAG + fine-tuned",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an arm made of a question; `text` is empty where it says that it does not know."""

    text: str
    ms: float
    answer: Answer | None = None
    """With its citations, where passages were read."""
    by_model: bool = True
    """False where passages are quoted, because no passage bears out what the model wrote."""


Ask = Callable[[str], Said]


def arms_of(plain: Answerer, by_heart: Answerer, from_passages: Answerer) -> dict[Arm, Ask]:
    """Of answerers that differ in the adapter of their language model alone."""
    return {
        "base": closed_book(writer_of(plain)),
        "rag": reading(plain),
        "fine_tuned": closed_book(writer_of(by_heart)),
        "rag_fine_tuned": reading(from_passages),
    }


def writer_of(answerer: Answerer) -> Writer:
    writer = answerer.live.current().writer
    if writer is None:
        raise KnowledgeUnusable("Without a language model there is nothing to compare.")
    return writer


def reading(answerer: Answerer) -> Ask:
    """As people are answered: from passages, with citations."""
    name = writer_of(answerer).name

    def ask(question: str) -> Said:
        began = perf_counter()
        try:
            answer = answerer.answer(tidy(question))
        except QuestionRefused:
            return Said("", milliseconds(began))
        if answer.notice == NOT_REACHED:
            raise unreachable()
        said = "" if answer.abstained else CITED.sub("", answer.text)
        by_model = answer.abstained or answer.generator == name
        return Said(said, milliseconds(began), answer, by_model)

    return ask


def closed_book(writer: Writer) -> Ask:
    """By what the model has in its weights."""

    def ask(question: str) -> Said:
        began = perf_counter()
        try:
            messages = build_closed_book_messages(tidy(question))
            said = "".join(writer.write(messages, threading.Event())).strip()
        except QuestionRefused:
            return Said("", milliseconds(began))
        except WriterUnavailable as error:
            raise unreachable() from error
        return Said("" if is_refusal(said) else said, milliseconds(began))

    return ask


def unreachable() -> KnowledgeUnusable:
    return KnowledgeUnusable(
        "The language model could not answer while the arms were compared: see that it runs "
        "(lorebot doctor --generator), and compare again."
    )


def milliseconds(began: float) -> float:
    return 1000 * (perf_counter() - began)
