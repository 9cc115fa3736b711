"""What stands beside an adapter's files: what they are, for which model, and what they hash to."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from knowledge.errors import KnowledgeUnusable

MANIFEST = "manifest.json"
CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
FILES = (CONFIG, WEIGHTS)
"""All that an adapter consists of; nothing else is ever kept or read."""
VERSION = 1

Kind = Literal["retriever", "generator"]
Sides = Literal["questions", "both"]
"""What a retriever's adapter reads: questions alone, or passages too, which need vectors by it."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The model that an adapter was made for: its name here, and hashes of what it is."""

    name: str
    weights: str
    config: str
    tokenizer: str
    """Of the tokenizer's files and the chat template."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`rank`, `sides` and `files`, their SHA-256 by name, are filled in by whoever keeps it."""

    kind: Kind
    base: BaseModel
    data: str = ""
    """The fingerprint of what it was trained on."""
    cycle: int | None = None
    rank: int = 0
    sides: Sides = "questions"
    """As the weights themselves say; of a generator's adapter nothing."""
    created_at: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat())
    files: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=2) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Raises KnowledgeUnusable if there is none, or it cannot be read."""
    path = folder / MANIFEST
    if not path.is_file():
        raise KnowledgeUnusable(
            f"The adapter {folder.name} has no {MANIFEST}, so nobody can say what it was made "
            f"from: only adapters that Lorebot has kept can be served; {RESTORE}."
        )
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KnowledgeUnusable(
            f"The {MANIFEST} of the adapter {folder.name} cannot be read ({error}): {RESTORE}."
        ) from error


def from_json(values: dict[str, Any]) -> Manifest:
    if (version := values.pop("version")) != VERSION:
        raise ValueError(f"it is of version {version}, and this Lorebot knows {VERSION}")
    if set(values["files"]) != set(FILES):
        raise ValueError("it does not list the files of an adapter")
    if values.get("sides", "questions") not in get_args(Sides):
        raise ValueError(f"this Lorebot knows no adapter of {values['sides']}")
    return Manifest(**{**values, "base": BaseModel(**values["base"])})


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


RESTORE = "roll back to another release, or restore its folder from a backup"
