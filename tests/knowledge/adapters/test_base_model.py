"""A base model is told from every other one, and from its own other revisions."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.adapters import base_model
from knowledge.adapters.base_model import base_of_embedder, base_of_folder
from knowledge.embed import Embedder
from tests.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def copied(tmp_path: Path, tiny: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "elsewhere"))


def test_a_copy_in_another_folder_is_the_same_model(tiny: Path, copied: Path) -> None:
    assert base_of_folder("tiny", copied) == base_of_folder("tiny", tiny)


def test_one_other_weight_makes_another_revision(tiny: Path, copied: Path) -> None:
    weights = copied / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    before = base_of_folder("tiny", tiny)

    after = base_of_folder("tiny", copied)

    assert after == replace(before, weights=after.weights)
    assert after != before


@pytest.mark.parametrize("name", ["tokenizer.json", "chat_template.jinja"])
def test_another_tokenizer_or_template_makes_another_revision(
    tiny: Path, copied: Path, name: str
) -> None:
    (copied / name).write_text("{}")
    before = base_of_folder("tiny", tiny)

    after = base_of_folder("tiny", copied)

    assert after == replace(before, tokenizer=after.tokenizer)
    assert after != before


def test_a_large_file_is_told_by_blocks_from_its_first_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_model, "BLOCK", 100)
    monkeypatch.setattr(base_model, "WHOLE", 4)
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(1_050))

    content = path.read_bytes()
    read = list(base_model.blocks(path))

    assert read == [content[:100], content[300:400], content[600:700], content[1000:]]


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(3_000_000))

    assert b"".join(base_model.blocks(path)) == path.read_bytes()


def test_the_embedding_model_goes_by_its_published_hash(embedder: Embedder) -> None:
    base = base_of_embedder(embedder)

    assert (base.name, base.weights) == (embedder.files.name, embedder.files.sha256)
    assert len({base.weights, base.config, base.tokenizer}) == 3
