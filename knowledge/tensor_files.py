"""Weights in safetensors: what a file holds, by its header; pickled ones are never opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeUnusable

PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
LARGEST_HEADER = 100_000_000
"""Bytes; safetensors itself refuses more."""


def missing_weights(folder: Path, wanted: str, otherwise: str) -> str:
    if any(next(folder.glob(pattern), None) for pattern in PICKLED):
        return (
            f"The weights in {folder} are pickled, which can run any code, so Lorebot does not "
            f"open them: convert them to safetensors, {otherwise}."
        )
    return f"There is no {wanted} in {folder}: download it again, {otherwise}."


def read_header(path: Path) -> Mapping[str, tuple[list[int], str]]:
    """The shape and the type of every tensor in a safetensors file, which is not mapped for it."""
    try:
        size, header = parse_header(path)
        tensors = {name: one for name, one in header.items() if name != "__metadata__"}
        end = max((one["data_offsets"][1] for one in tensors.values()), default=0)
        if 8 + size + end != path.stat().st_size:
            raise ValueError("it is cut off")
        return {name: (one["shape"], one["dtype"]) for name, one in tensors.items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise damaged(path, error) from error


def read_note(path: Path, name: str) -> str | None:
    """What whoever wrote a safetensors file has noted in it under a name."""
    try:
        _, header = parse_header(path)
        note = header.get("__metadata__", {}).get(name)
    except (OSError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error
    return None if note is None else str(note)


def parse_header(path: Path) -> tuple[int, dict[str, Any]]:
    """Its size in bytes, and what it says."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size)) if size < LARGEST_HEADER else None
    if not isinstance(header, dict):
        raise ValueError("it has no header")
    return size, header


def damaged(path: Path, error: Exception) -> KnowledgeUnusable:
    return KnowledgeUnusable(f"{path} is damaged ({error}): download or copy it again.")


def read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise KnowledgeUnusable(
            f"There is no {path.name} in {path.parent}: that is no model in the Hugging Face "
            "layout; give the folder that holds the file."
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise KnowledgeUnusable(
            f"{path} cannot be read ({error}): download or copy it again."
        ) from error
