"""Tells a base model from every other one, another revision of it too, by hashes of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from knowledge.adapters.manifest import BaseModel
from knowledge.model_files import EmbeddingFiles

CONFIG = "config.json"
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)
BLOCK = 1 << 20
WHOLE = 256
"""Blocks of a file that is read whole; of a longer one so many are read, evenly spread.

A revision that was trained on differs nearly everywhere, and 16 GB would take half a minute.
"""


class HasFiles(Protocol):
    """An embedding model, as far as its files matter here."""

    @property
    def files(self) -> EmbeddingFiles: ...


def base_of_embedder(embedder: HasFiles) -> BaseModel:
    """The embedding model that an adapter of the retriever is made for."""
    files = embedder.files
    return BaseModel(
        files.name, files.sha256, of_files([files.folder / CONFIG]), of_tokenizer(files.folder)
    )


def base_of_folder(name: str, folder: Path) -> BaseModel:
    """A language model in a folder; `name` is what the settings call it."""
    weights = sorted(folder.glob("*.safetensors"))
    return BaseModel(name, of_files(weights), of_files([folder / CONFIG]), of_tokenizer(folder))


def of_tokenizer(folder: Path) -> str:
    return of_files(folder / name for name in TOKENIZER)


def of_files(paths: Iterable[Path]) -> str:
    """One SHA-256 of the names and contents of those that there are."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(f"{path.name} {path.stat().st_size}\n".encode())
            for block in blocks(path):
                digest.update(block)
    return digest.hexdigest()


def blocks(path: Path) -> Iterator[bytes]:
    count = -(-path.stat().st_size // BLOCK)
    with path.open("rb") as file:
        for place in range(min(count, WHOLE)):
            # The first and the last block are always among them.
            file.seek(BLOCK * (place if count <= WHOLE else place * (count - 1) // (WHOLE - 1)))
            yield file.read(BLOCK)
