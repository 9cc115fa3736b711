"""A language model's files, checked before anything of them is loaded."""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path

from knowledge.adapters.base_model import base_of_folder
from knowledge.adapters.manifest import BaseModel
from knowledge.errors import KnowledgeUnusable
from knowledge.tensor_files import missing_weights, read_header, read_json

PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
NOT_NEEDED = ["original/*", "onnx/*", "consolidated*"]
WEIGHTS = "model.safetensors"
FLOATS = {"F64", "F32", "F16", "BF16"}
BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2}
"""Of the types that take more than one."""
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


@cache
def base_of_model(model: str) -> BaseModel:
    """The model as its adapters know it. Raises KnowledgeUnusable as `find_model` does."""
    return base_of_folder(model, find_model(model))


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


def memory_needed(folder: Path, float_bytes: int) -> int:
    """The bytes that the weights take once loaded, from the headers of their files."""
    return sum(
        prod(shape) * (float_bytes if dtype in FLOATS else BYTES.get(dtype, 1))
        for path in weight_files(folder)
        for shape, dtype in read_header(path).values()
    )
