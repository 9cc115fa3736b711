"""A language model's files and an adapter's, checked before anything of them is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeUnusable

PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
NOT_NEEDED = ["original/*", "onnx/*", "consolidated*"]
PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
WEIGHTS = "model.safetensors"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
FLOATS = {"F64", "F32", "F16", "BF16"}
BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2}
"""Of the types that take more than one."""
LARGEST_HEADER = 100_000_000
"""Bytes; safetensors itself refuses more."""
CHOOSE = "choose another knowledge.local.model"


def find_model(model: str) -> Path:
    """The folder of a model that is given as a folder or as a name on Hugging Face.

    Raises KnowledgeUnusable if it is missing, no causal language model, or not safetensors.
    """
    if not model:
        raise KnowledgeUnusable(
            "No language model is chosen: set knowledge.local.model to a folder or to a name on "
            "Hugging Face."
        )
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = from_hub(model)
    check_kind(folder)
    if not weight_files(folder):
        raise KnowledgeUnusable(missing_weights(folder, WEIGHTS, f"or {CHOOSE}"))
    return folder


def from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        found = snapshot_download(model, allow_patterns=PATTERNS, ignore_patterns=NOT_NEEDED)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise KnowledgeUnusable(
            f"The language model {model!r} is neither a folder nor to be had from Hugging Face: "
            "check knowledge.local.model and the connection, or download it into a folder."
        ) from error
    return Path(found)


def check_kind(folder: Path) -> None:
    """Refuse embedding models, encoders, lone adapters and models that bring their own code."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as KNOWN

    if (folder / "adapter_config.json").exists():
        raise KnowledgeUnusable(
            f"{folder} holds an adapter: put it into a folder of its own, name that in "
            "knowledge.local.adapter, and its base model in knowledge.local.model."
        )
    config = read_json(folder / "config.json")
    if (folder / "modules.json").exists():
        raise KnowledgeUnusable(f"{folder} holds an embedding model, which cannot write: {CHOOSE}.")
    kinds = config.get("architectures") or []
    if config.get("auto_map") and not set(kinds) & set(KNOWN.values()):
        raise KnowledgeUnusable(
            f"The model in {folder} wants to run code of its own, which Lorebot never does: "
            f"{CHOOSE}."
        )
    if not set(kinds) & set(KNOWN.values()):
        named = ", ".join(map(str, kinds)) or "of no named architecture"
        raise KnowledgeUnusable(
            f"The model in {folder} ({named}) is no causal language model: {CHOOSE}."
        )


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights; empty if there are none in safetensors."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / f"{WEIGHTS}.index.json"
    if not index.is_file():
        return []
    parts = sorted(set(read_json(index).get("weight_map", {}).values()))
    missing = [name for name in parts if not (folder / name).is_file()]
    if missing:
        raise KnowledgeUnusable(
            f"{missing[0]} is missing in {folder}: download the model again, or {CHOOSE}."
        )
    return [folder / name for name in parts]


def missing_weights(folder: Path, wanted: str, otherwise: str) -> str:
    if any(next(folder.glob(pattern), None) for pattern in PICKLED):
        return (
            f"The weights in {folder} are pickled, which can run any code, so Lorebot does not "
            f"open them: convert them to safetensors, {otherwise}."
        )
    return f"There is no {wanted} in {folder}: download it again, {otherwise}."


def memory_needed(folder: Path, float_bytes: int) -> int:
    """The bytes that the weights take once loaded, from the headers of their files."""
    return sum(
        prod(shape) * (float_bytes if dtype in FLOATS else BYTES.get(dtype, 1))
        for path in weight_files(folder)
        for shape, dtype in read_header(path).values()
    )


def read_header(path: Path) -> Mapping[str, tuple[list[int], str]]:
    """The shape and the type of every tensor in a safetensors file, which is not mapped for it."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size)) if size < LARGEST_HEADER else None
        if not isinstance(header, dict):
            raise ValueError("it has no header")
        tensors = {name: one for name, one in header.items() if name != "__metadata__"}
        end = max((one["data_offsets"][1] for one in tensors.values()), default=0)
        if 8 + size + end != path.stat().st_size:
            raise ValueError("it is cut off")
        return {name: (one["shape"], one["dtype"]) for name, one in tensors.items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise KnowledgeUnusable(
            f"{path} is damaged ({error}): download or copy it again."
        ) from error


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
