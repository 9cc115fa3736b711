"""Small examples for the language model, in the serving prompt but with a short system message."""

from __future__ import annotations

from pathlib import Path

from finetune.dataset import jsonl
from finetune.examples import Judged, Preference, Provenance, Sft, TrainingData
from knowledge.prompts import Message, user_message

CARDS = ("green", "red", "blue", "white", "black", "grey")


def prompt(question: str, *texts: str) -> tuple[Message, ...]:
    fenced = [
        f'<passage number="{n}" from="Doors › {n}">\n{text}\n</passage>'
        for n, text in enumerate(texts, start=1)
    ]
    return (
        {"role": "system", "content": "Answer from the passages."},
        {"role": "user", "content": user_message(question, fenced)},
    )


def provenance(question: str) -> Provenance:
    return Provenance("correction", "i1", ("U1",), question)


def asked(card: str) -> tuple[Message, ...]:
    return prompt(f"What opens with the {card} card?", f"The {card} card opens the {card} door.")


def sft(card: str, weight: float = 1.0) -> Sft:
    return Sft(asked(card), f"The {card} door. [1]", provenance(card), weight)


def preference(card: str) -> Preference:
    return Preference(asked(card), f"The {card} door. [1]", "Nothing does.", provenance(card))


def judged(card: str, label: bool) -> Judged:
    answer = f"The {card} door. [1]" if label else f"No door at all, {card}."
    return Judged(asked(card), answer, label, provenance(card))


def all_kinds() -> TrainingData:
    return TrainingData(
        sft=tuple(map(sft, CARDS)),
        preferences=tuple(map(preference, CARDS)),
        judged=tuple(judged(card, place % 2 == 0) for place, card in enumerate(CARDS)),
    )


def saved(folder: Path, data: TrainingData | None = None) -> Path:
    jsonl.save(all_kinds() if data is None else data, folder)
    return folder
