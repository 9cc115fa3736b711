"""An adapter that is not what was kept, or not for this model, is refused before it is loaded."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from knowledge.adapters.check import check
from knowledge.adapters.manifest import MANIFEST, sha256_of
from knowledge.errors import KnowledgeUnusable
from tests.knowledge.adapters.made import BASE, kept

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kept(tmp_path / "adapters")


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def sign(folder: Path) -> None:
    """Make the manifest say that the files are right as they are."""
    edit(folder / MANIFEST, files={name: sha256_of(folder / name) for name in (WEIGHTS, CONFIG)})


def sentence(folder: Path) -> str:
    with pytest.raises(KnowledgeUnusable) as refused:
        check(folder, "retriever", BASE)
    return str(refused.value)


def flip(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def cut(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-7])


def lose_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def link_weights(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    (folder / WEIGHTS).rename(elsewhere)
    (folder / WEIGHTS).symlink_to(elsewhere)


def edit_config(folder: Path) -> None:
    edit(folder / CONFIG, lora_alpha=1000)


def lose_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def break_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def name_another_file(folder: Path) -> None:
    edit(folder / MANIFEST, files={"../../etc/passwd": "0"})


def come_from_the_future(folder: Path) -> None:
    edit(folder / MANIFEST, version=9)


def become_a_prompt(folder: Path) -> None:
    edit(folder / CONFIG, peft_type="PROMPT_TUNING")
    sign(folder)


def import_a_module(folder: Path) -> None:
    edit(folder / CONFIG, megatron_config={"a": 1}, megatron_core="os")
    sign(folder)


def become_nan(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    weights[min(weights)][0, 0] = torch.inf
    save_file(weights, folder / WEIGHTS)
    sign(folder)


def test_what_was_kept_is_right(folder: Path) -> None:
    manifest = check(folder, "retriever", BASE)

    assert (manifest.rank, manifest.cycle, manifest.data) == (4, 7, "fingerprint")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (flip, "is not what was kept"),
        (cut, "is not what was kept"),
        (lose_weights, "is missing"),
        (link_weights, "is missing"),
        (edit_config, "is not what was kept"),
        (lose_manifest, "has no manifest.json"),
        (break_manifest, "cannot be read"),
        (name_another_file, "does not list the files"),
        (come_from_the_future, "of version 9"),
        (become_a_prompt, "no plain LoRA adapter"),
        (import_a_module, "no plain LoRA adapter"),
        (become_nan, "not finite"),
    ],
)
def test_harm_is_said_in_one_sentence(
    folder: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(folder)

    refusal = sentence(folder)

    assert said in refusal
    assert refusal.endswith("restore its folder from a backup.")
    assert "\n" not in refusal


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "There is no adapter in" in sentence(tmp_path / "absent")


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["adapter_model.bin", "optimizer.pt", "training_args.pkl"])
def test_a_pickle_beside_it_is_never_opened(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))

    assert "pickled weights can run any code" in sentence(folder)
    assert not (tmp_path / "ran").exists()


def test_an_adapter_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    assert "made for the generator, not for the retriever" in sentence(kept(tmp_path, "generator"))


@pytest.mark.parametrize(
    ("part", "said"),
    [("weights", "its weights"), ("config", "its configuration"), ("tokenizer", "its tokenizer")],
)
def test_another_revision_of_the_model_is_refused(tmp_path: Path, part: str, said: str) -> None:
    folder = kept(tmp_path, base=replace(BASE, **{part: "of another day"}))

    assert f"another revision of embedder ({said} differ)" in sentence(folder)


def test_another_model_is_refused(tmp_path: Path) -> None:
    folder = kept(tmp_path, base=replace(BASE, name="larger", weights="other"))

    assert "was made for larger, not for embedder" in sentence(folder)


def test_the_same_model_under_another_name_is_right(tmp_path: Path) -> None:
    folder = kept(tmp_path, base=replace(BASE, name="/srv/embedder"))

    assert check(folder, "retriever", BASE).base.name == "/srv/embedder"


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_is_ever_loaded(folder: Path, place: float, bit: int) -> None:
    path = folder / WEIGHTS
    right = path.read_bytes()
    wrong = bytearray(right)
    wrong[int(place * len(wrong))] ^= 1 << bit
    path.write_bytes(wrong)

    assert "is not what was kept" in sentence(folder)
    path.write_bytes(right)
