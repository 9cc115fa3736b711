"""How likely the right answer is, given one passage alone: what a generator teaches a retriever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from finetune.scorers import token_f1
from knowledge.answers import FoundPassage
from knowledge.generate import Generator
from knowledge.generate.local import LocalWriter
from knowledge.prompts import Message, build_messages

Scores = npt.NDArray[np.float64]

FLAT = 1e-6
"""Scores that differ by less say nothing."""


class Likelihood(Protocol):
    def score(self, question: str, answer: str, passages: Sequence[FoundPassage]) -> Scores:
        """For each passage alone how likely the answer is, in any unit: shape (passages,)."""


@dataclass(frozen=True)
class ModelLikelihood:
    """The mean log-probability of the answer's tokens by the language model that serves."""

    writer: LocalWriter

    def score(self, question: str, answer: str, passages: Sequence[FoundPassage]) -> Scores:
        return np.array([self.of(question, answer, passage) for passage in passages])

    def of(self, question: str, answer: str, passage: FoundPassage) -> float:
        budget = self.writer.prompt_tokens
        messages = build_messages(question, [passage], budget, self.writer.count)
        return mean_log_probability(self.writer, messages, answer)


def mean_log_probability(writer: LocalWriter, messages: Sequence[Message], answer: str) -> float:
    """Of the answer's tokens after the messages, in nats."""
    said: list[int] = writer.chat.tokenizer(answer, add_special_tokens=False)["input_ids"]
    prompt = writer.chat.tokens(messages)
    ids = torch.tensor([[*prompt, *said]], device=writer.model.device)
    with torch.inference_mode():
        logits = writer.model.network(input_ids=ids).logits[0, len(prompt) - 1 : -1]
    chosen = torch.log_softmax(logits.float(), dim=-1)[range(len(said)), said]
    return float(chosen.mean())


@dataclass(frozen=True)
class QuotedLikelihood:
    """Where no language model answers: how much of the answer is quoted from the passage, in 0..1.

    It takes the place of a likelihood, for a generator that quotes has none.
    """

    generator: Generator

    def score(self, question: str, answer: str, passages: Sequence[FoundPassage]) -> Scores:
        return np.array([self.agreement(question, answer, passage) for passage in passages])

    def agreement(self, question: str, answer: str, passage: FoundPassage) -> float:
        draft = self.generator.generate(question, [passage])
        return token_f1(" ".join(statement.text for statement in draft.statements), [answer])


def shares(scores: Scores) -> Scores:
    """A distribution over passages: the softmax of the scores in units of their own spread, so
    that no temperature has to be chosen; even where they say nothing."""
    spread = float(scores.std())
    standard = (scores - scores.mean()) / spread if spread > FLAT else np.zeros_like(scores)
    weights = np.exp(standard - standard.max())
    return np.asarray(weights / weights.sum())
