"""An example and its row of JSON: prompt and completion as messages, with its provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from finetune.examples import Judged, Pair, Preference, Provenance, Sft
from knowledge.prompts import Message

Row = dict[str, Any]


def pair_row(pair: Pair) -> Row:
    return asdict(pair)


def sft_row(example: Sft) -> Row:
    return {
        "prompt": list(example.prompt),
        "completion": said(example.completion),
        "weight": example.weight,
        "provenance": asdict(example.provenance),
    }


def preference_row(example: Preference) -> Row:
    return {
        "prompt": list(example.prompt),
        "chosen": said(example.chosen),
        "rejected": said(example.rejected),
        "provenance": asdict(example.provenance),
    }


def judged_row(example: Judged) -> Row:
    return {
        "prompt": list(example.prompt),
        "completion": said(example.completion),
        "label": example.label,
        "provenance": asdict(example.provenance),
    }


def as_pair(row: Row) -> Pair:
    return Pair(
        question=as_text(row["question"]),
        positives=tuple(map(int, row["positives"])),
        negatives=tuple(map(int, row["negatives"])),
        provenance=as_provenance(row["provenance"]),
        weight=float(row["weight"]),
        soft=tuple((int(passage), float(share)) for passage, share in row["soft"]),
        stands_for=float(row.get("stands_for", 1.0)),  # Older cycles have none.
    )


def as_sft(row: Row) -> Sft:
    return Sft(
        prompt=as_messages(row["prompt"]),
        completion=as_said(row["completion"]),
        provenance=as_provenance(row["provenance"]),
        weight=float(row["weight"]),
    )


def as_preference(row: Row) -> Preference:
    return Preference(
        prompt=as_messages(row["prompt"]),
        chosen=as_said(row["chosen"]),
        rejected=as_said(row["rejected"]),
        provenance=as_provenance(row["provenance"]),
    )


def as_judged(row: Row) -> Judged:
    if not isinstance(row["label"], bool):
        raise TypeError("a label is true or false")
    return Judged(
        prompt=as_messages(row["prompt"]),
        completion=as_said(row["completion"]),
        label=row["label"],
        provenance=as_provenance(row["provenance"]),
    )


def as_provenance(row: Row) -> Provenance:
    interaction = row["interaction_id"]
    return Provenance(
        origin=row["origin"],
        interaction_id=None if interaction is None else str(interaction),
        people=tuple(map(as_text, row["people"])),
        question=as_text(row["question"]),
    )


def said(text: str) -> list[Message]:
    return [Message(role="assistant", content=text)]


def as_said(messages: Sequence[Row]) -> str:
    (message,) = as_messages(messages)
    return message["content"]


def as_messages(messages: Sequence[Row]) -> tuple[Message, ...]:
    return tuple(Message(role=as_text(m["role"]), content=as_text(m["content"])) for m in messages)


def as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
