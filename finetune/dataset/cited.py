"""Answers to learn, with the citations that the prompt asks for: its passages' numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.interactions import PassageRecord
from knowledge.answers import FoundPassage
from knowledge.generate.checked import (
    CITED,
    NUMBER,
    SUPPORT,
    UNSUPPORTED,
    CitationCheck,
    is_claim,
    split,
)

LEAST_SUPPORTED = 0.5
"""Of the sentences of a right answer: to learn what no passage says is to learn to invent
(Gekhman et al. 2024)."""


@dataclass(frozen=True)
class Citing:
    """Finds for each sentence of an answer the gold passage that says it."""

    check: CitationCheck

    def cite(
        self, text: str, passages: Sequence[FoundPassage], gold: Sequence[FoundPassage]
    ) -> str | None:
        """The text with the numbers of gold passages among those of the prompt.

        None where the gold passages do not say what it says.
        """
        numbers = {p.passage_id: number for number, p in enumerate(passages, start=1)}
        there = [passage for passage in gold if passage.passage_id in numbers]
        claims = list(split(text, 0))
        said = [claim for claim in claims if is_claim(claim.text)]
        backings = dict(zip(map(id, said), self.check.back(said, there), strict=True))
        held = [b for b in backings.values() if b.score >= SUPPORT]
        if not said or len(held) < LEAST_SUPPORTED * len(said):
            return None
        written = ""
        for claim in claims:
            backing = backings.get(id(claim))
            written += claim.before + claim.text
            if backing is not None and backing.score >= SUPPORT:
                written += f" [{numbers[there[backing.passage].passage_id]}]"
        return written.strip()


def given_answer(
    text: str, cited: Sequence[PassageRecord], shown: Sequence[FoundPassage], prompt: Sequence[int]
) -> str:
    """An answer as it was given, its citations renumbered to the passages of a prompt.

    `cited` and `shown` are the same passages, `prompt` the ids of those that the prompt has.
    """
    numbers = {passage_id: number for number, passage_id in enumerate(prompt, start=1)}
    places = {
        record.citation: numbers[passage.passage_id]
        for record, passage in zip(cited, shown, strict=True)
        if record.citation is not None and passage.passage_id in numbers
    }
    return renumbered(text.replace(f" {UNSUPPORTED}", ""), places)


def renumbered(text: str, places: Mapping[int, int]) -> str:
    """The text with other numbers in its citations; those without a place go."""

    def replaced(found: re.Match[str]) -> str:
        before = found[0][: len(found[0]) - len(found[0].lstrip())]
        numbers = [places[int(n)] for n in NUMBER.findall(found[0]) if int(n) in places]
        return before + "".join(f"[{number}]" for number in dict.fromkeys(numbers))

    return CITED.sub(replaced, text).strip()


def plain(text: str) -> str:
    """An answer without citations and marks, for comparing it with others."""
    return CITED.sub("", text.replace(f" {UNSUPPORTED}", "")).strip()
