"""What the model has forgotten: general questions, before and after fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finetune.comparison.arms import closed_book
from finetune.evaluate import mean
from finetune.scorers import containment
from finetune.strategies.likelihood import mean_log_probability
from knowledge.generate.local import LocalWriter
from knowledge.generate.writers import Writer
from knowledge.prompts import Message

SYSTEM: Message = {"role": "system", "content": "You answer in one short sentence."}
GENERAL: Mapping[str, tuple[str, str]] = {
    "What is the capital of France?": ("Paris", "The capital of France is Paris."),
    "How many days does a week have?": ("seven", "A week has seven days."),
    "What colour do you get when you mix blue and yellow?": (
        "green",
        "Blue and yellow mixed give green.",
    ),
    "What is two plus two?": ("four", "Two plus two is four."),
    "Which animal says moo?": ("cow", "The cow is the animal that says moo."),
    "What is frozen water called?": ("ice", "Frozen water is called ice."),
    "Who wrote Romeo and Juliet?": (
        "Shakespeare",
        "William Shakespeare wrote Romeo and Juliet.",
    ),
    "Which is the largest ocean?": ("Pacific", "The largest ocean is the Pacific Ocean."),
    "What do bees make?": ("honey", "Bees make honey."),
    "Which month comes after June?": ("July", "July comes after June."),
    "What is the opposite of hot?": ("cold", "The opposite of hot is cold."),
    "In which country is Tokyo?": ("Japan", "Tokyo is in Japan."),
}
"""Frozen: with other questions nothing measured before could be compared. By question the word
that a right answer holds, and a right answer."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`nll_*` is the mean negative log-likelihood, in nats a token, of right answers; None where
    the model does not run in this process."""

    nll_before: float | None
    nll_after: float | None
    right_before: float | None
    right_after: float | None
    same: float | None
    """The share of answers that have stayed as they were, to the letter."""

    @property
    def rise(self) -> float | None:
        """Of the negative log-likelihood, as a share of what it was."""
        if self.nll_before is None or self.nll_after is None or not self.nll_before:
            return None
        return (self.nll_after - self.nll_before) / self.nll_before

    def as_json(self) -> dict[str, Any]:
        return {
            "prompts": len(GENERAL),
            "nll": {
                "before": rounded(self.nll_before),
                "after": rounded(self.nll_after),
                "rise": rounded(self.rise),
            },
            "right": {"before": self.right_before, "after": self.right_after},
            "same_answers": self.same,
        }


def measure_forgetting(before: Writer, after: Writer) -> Forgetting:
    first, then = answers_of(before), answers_of(after)
    return Forgetting(
        nll_before=negative_log_likelihood(before),
        nll_after=negative_log_likelihood(after),
        right_before=share_right(first),
        right_after=share_right(then),
        same=mean([float(first[question] == then[question]) for question in GENERAL]),
    )


def answers_of(writer: Writer) -> dict[str, str]:
    ask = closed_book(writer)
    return {question: ask(question).text for question in GENERAL}


def share_right(said: Mapping[str, str]) -> float | None:
    return mean([containment(said[question], [word]) for question, (word, _) in GENERAL.items()])


def negative_log_likelihood(writer: Writer) -> float | None:
    if not isinstance(writer, LocalWriter):
        return None
    found = [
        -mean_log_probability(writer, [SYSTEM, {"role": "user", "content": question}], right)
        for question, (_, right) in GENERAL.items()
    ]
    return sum(found) / len(found)


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
