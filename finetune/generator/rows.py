"""From examples to batches, for the method that suits them; what could not be used is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from finetune.dataset import jsonl
from finetune.examples import Judged, Preference, Sft, TrainingData
from finetune.generator.batches import Batch, Row, Unit, by_length, by_vote, with_others
from finetune.generator.encode import Encoder
from finetune.generator.settings import GeneratorTraining, Method
from finetune.runs import TrainingFailed
from knowledge.generate.local_chat import Chat
from knowledge.prompts import Message

HEAVIEST = 4.0
"""The most that votes of the rarer kind count, to make up for being fewer."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a run learns from."""

    batches: tuple[Batch, ...]
    examples: int
    trimmed: int
    """Examples that lost passages because their prompt was too long."""
    left_out: int
    """Examples of which not even the answer and the passages that it cites fit."""


def load_examples(folder: Path) -> TrainingData:
    """Raises DatasetUnusable."""
    sft, preferences, judged = (
        folder / name for name in (jsonl.SFT, jsonl.PREFERENCES, jsonl.JUDGED)
    )
    return TrainingData(
        sft=jsonl.load_sft(sft) if sft.exists() else (),
        preferences=jsonl.load_preferences(preferences) if preferences.exists() else (),
        judged=jsonl.load_judged(judged) if judged.exists() else (),
    )


def choose_method(wanted: Literal["auto"] | Method, data: TrainingData) -> Method:
    """Right answers teach more than pairs, and pairs more than votes; raises TrainingFailed."""
    both = len({one.label for one in data.judged}) == 2
    there: dict[Method, bool] = {
        "sft": bool(data.sft),
        "dpo": bool(data.preferences),
        "kto": both,
        "apo": bool(data.judged),
    }
    if wanted == "auto":
        found = next((method for method, has in there.items() if has), None)
        if found is None:
            raise TrainingFailed(
                "There are no examples for the language model: train the retriever alone, or "
                "collect more ratings and corrections."
            )
        return found
    if not there[wanted]:
        raise TrainingFailed(
            f"There are no examples for the method {wanted}: set training.generator.method to "
            '"auto".'
        )
    return wanted


def rows_of(
    data: TrainingData, method: Method, chat: Chat, settings: GeneratorTraining, seed: int
) -> Rows:
    """Raises TrainingFailed if no example fits."""
    encoder = Encoder(chat, settings.max_tokens)
    examples: Sequence[Sft | Preference | Judged] = data.judged
    if method in ("sft", "dpo"):
        examples = data.sft if method == "sft" else data.preferences
    made = [unit_of(encoder, example) for example in examples]
    units = [one[0] for one in made if one is not None]
    if not units:
        raise TrainingFailed(
            f"None of the {len(made)} examples fits into {settings.max_tokens} tokens: raise "
            "training.generator.max_tokens."
        )
    return Rows(
        batches=tuple(batches_of(units, method, settings, seed)),
        examples=len(units),
        trimmed=sum(one[1] for one in made if one is not None),
        left_out=len(made) - len(units),
    )


def unit_of(encoder: Encoder, example: Sft | Preference | Judged) -> tuple[Unit, bool] | None:
    """The rows of an example, and whether it was trimmed; None if it does not fit."""
    prompt, answers, weight, liked = parts_of(example)
    found = encoder.encode(prompt, answers)
    if found is None:
        return None
    begin = len(found.prompt)
    rows = (Row((*found.prompt, *answer), begin, weight, liked) for answer in found.answers)
    return tuple(rows), found.trimmed


def parts_of(
    example: Sft | Preference | Judged,
) -> tuple[Sequence[Message], list[str], float, bool]:
    if isinstance(example, Preference):
        return example.prompt, [example.chosen, example.rejected], 1.0, True
    if isinstance(example, Judged):
        return example.prompt, [example.completion], 1.0, example.label
    return example.prompt, [example.completion], example.weight, True


def batches_of(
    units: Sequence[Unit], method: Method, settings: GeneratorTraining, seed: int
) -> Iterator[Batch]:
    most, tokens = settings.batch_rows, settings.batch_tokens
    if method in ("sft", "dpo"):
        yield from by_length(units, most, tokens, seed)
        return
    for one in by_vote(balanced([row for (row,) in units]), most, tokens, seed):
        yield with_others(one, settings.max_tokens) if method == "kto" else one


def balanced(rows: Sequence[Row]) -> list[Row]:
    """The rows with weights under which liked and disliked ones count alike, within bounds."""
    liked = sum(row.liked for row in rows)
    counts = {True: liked, False: len(rows) - liked}
    most = max(counts.values())
    return [replace(row, weight=min(most / counts[row.liked], HEAVIEST)) for row in rows]
