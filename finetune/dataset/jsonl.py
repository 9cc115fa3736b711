"""Training data as JSON lines in TRL's conversational shapes, one file for each kind of example."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from finetune.dataset.rows import (
    Row,
    as_judged,
    as_pair,
    as_preference,
    as_sft,
    judged_row,
    pair_row,
    preference_row,
    sft_row,
)
from finetune.datasets import DatasetUnusable, read_rows
from finetune.examples import Judged, Pair, Preference, Sft, TrainingData

PAIRS, SFT = "pairs.jsonl", "sft.jsonl"
PREFERENCES, JUDGED = "preferences.jsonl", "judged.jsonl"
FILES = (PAIRS, SFT, PREFERENCES, JUDGED)
MANIFEST = "manifest.json"

Example = TypeVar("Example", Pair, Sft, Preference, Judged)


def save(data: TrainingData, folder: Path) -> str:
    """Write the files, then the manifest with the fingerprint, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = as_lines(data)
    for name, text in lines.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    manifest = {
        "fingerprint": fingerprint_of(lines),
        "counts": {Path(name).stem: text.count("\n") for name, text in lines.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return fingerprint_of(lines)


def load(folder: Path) -> TrainingData:
    """Read what `save` has written. Raises DatasetUnusable where a file is missing or changed."""
    data = TrainingData(
        pairs=load_pairs(folder / PAIRS),
        sft=load_sft(folder / SFT),
        preferences=load_preferences(folder / PREFERENCES),
        judged=load_judged(folder / JUDGED),
    )
    # Of the files as they are: an older Lorebot wrote other fields.
    lines = {name: (folder / name).read_bytes().decode("utf-8") for name in FILES}
    if fingerprint_of(lines) != written_fingerprint(folder):
        raise DatasetUnusable(f"{folder} was changed since it was saved: build the data set again.")
    return data


def load_pairs(path: Path) -> tuple[Pair, ...]:
    return load_rows(path, as_pair)


def load_sft(path: Path) -> tuple[Sft, ...]:
    return load_rows(path, as_sft)


def load_preferences(path: Path) -> tuple[Preference, ...]:
    return load_rows(path, as_preference)


def load_judged(path: Path) -> tuple[Judged, ...]:
    return load_rows(path, as_judged)


def fingerprint(data: TrainingData) -> str:
    """SHA-256 of all rows: equal data has an equal one, on every machine."""
    return fingerprint_of(as_lines(data))


def fingerprint_of(lines: Mapping[str, str]) -> str:
    hashed = hashlib.sha256()
    for name, text in lines.items():
        hashed.update(f"{name} {len(text)}\n{text}".encode())
    return hashed.hexdigest()


def written_fingerprint(folder: Path) -> str:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return str(manifest["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetUnusable(
            f"{folder} has no readable {MANIFEST}, so it was not saved to its end: "
            "build the data set again."
        ) from error


def as_lines(data: TrainingData) -> dict[str, str]:
    """The text of each file."""
    return {
        PAIRS: joined(map(pair_row, data.pairs)),
        SFT: joined(map(sft_row, data.sft)),
        PREFERENCES: joined(map(preference_row, data.preferences)),
        JUDGED: joined(map(judged_row, data.judged)),
    }


def joined(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def load_rows(path: Path, build: Callable[[Row], Example]) -> tuple[Example, ...]:
    examples = []
    for number, row in read_rows(path):
        try:
            examples.append(build(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetUnusable(
                f"Line {number} of {path} is not an example ({error!r}): build the data set again."
            ) from error
    return tuple(examples)
