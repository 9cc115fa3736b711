"""Whether the passages can answer: one probability, and the threshold under which to abstain."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeUnusable

FILE = "calibration.json"
"""Where a home keeps a calibration of its own."""
LARGEST = 100.0
"""Of a weight; with larger ones the exponential would overflow."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer; each in 0..1."""

    similarity: float
    """Cosine of the question and the nearest passage."""
    cover: float
    """Share, by rarity, of the question's words in the best passage and its headings."""
    fit: float
    """How well the best sentence fits, by the generator's own account."""
    known: float = 1.0
    """Share of the question that the embedding model can read; of the rest, only words speak."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic regression. Those in words are for what the embedding model cannot read."""

    bias: float
    similarity: float
    cover: float
    fit: float
    words_bias: float
    words_cover: float
    words_fit: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How evidence is weighed, and the confidence under which an answer is withheld."""

    weights: Weights
    threshold: float

    def confidence(self, evidence: Evidence) -> float:
        """The probability, in 0..1, that the passages answer the question."""
        chosen = self.weights
        meant = (
            chosen.bias
            + chosen.similarity * evidence.similarity
            + chosen.cover * evidence.cover
            + chosen.fit * evidence.fit
        )
        worded = (
            chosen.words_bias
            + chosen.words_cover * evidence.cover
            + chosen.words_fit * evidence.fit
        )
        logit = evidence.known * meant + (1 - evidence.known) * worded
        return 1 / (1 + math.exp(-logit))


DEFAULT = Calibration(Weights(-6.93, 5.59, 1.54, 5.72, -4.95, 9.38, 8.32), threshold=0.4)
"""Fitted on one half of each of four sets, the sets and both kinds of questions weighing the same.

On the other halves, of the questions with an answer / without one, answered / refused are:
clapnq_dev .87 / .69 (of 163 / 155), the sample .78 / .90 (246 / 31), and in Chinese, where passages
were taken away or questions are about another encyclopedia, cmrc2018_trial .93 / .93 (148 / 115)
and drcd_dev .95 / .89 (98 / 134).
"""


def load_calibration(path: Path) -> Calibration:
    """The calibration that `save_calibration` left there; without one, the default.

    Raises KnowledgeUnusable if the file cannot be read as one.
    """
    if not path.exists():
        return DEFAULT
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        weights = Weights(**{name: number(value) for name, value in values["weights"].items()})
        threshold = number(values["threshold"])
        if not 0 <= threshold <= 1:
            raise ValueError("a threshold is a probability")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KnowledgeUnusable(
            f"{path} is no calibration: make it anew with lorebot calibrate DIR --write, "
            "or remove it to go by the default."
        ) from error
    return Calibration(weights, threshold)


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"{value!r} is no weight")
    return float(value)


def save_calibration(path: Path, calibration: Calibration, notes: Mapping[str, Any]) -> None:
    """Write it with what is to be known about it, whole or not at all.

    Raises KnowledgeUnusable if the folder cannot be written to.
    """
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({**asdict(calibration), **notes}, indent=2) + "\n", "utf-8")
        beside.replace(path)
    except OSError as error:
        raise KnowledgeUnusable(
            f"{path} cannot be written ({error.strerror}): make the folder writable."
        ) from error
