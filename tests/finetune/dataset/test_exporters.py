"""Other trainers can read what Lorebot has collected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.dataset.exporters import export
from finetune.datasets import DatasetUnusable
from finetune.examples import Judged, Pair, Preference, Provenance, Sft, TrainingData
from knowledge.prompts import Message

PROMPT = (Message(role="system", content="Be brief."), Message(role="user", content="Wann?"))
SAID = Provenance("rating", "interaction-1", ("U0ANN",), "Wann?")
DATA = TrainingData(
    pairs=(Pair("Wann?", (1,), (), SAID),),
    sft=(Sft(PROMPT, "Um elf. [1]", SAID),),
    preferences=(Preference(PROMPT, "Um elf. [1]", "Um zehn.", SAID),),
    judged=(Judged(PROMPT, "Um zehn.", False, SAID),),
)
ASSISTANT = {"role": "assistant", "content": "Um elf. [1]"}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_llama_factory_is_told_of_each_file(tmp_path: Path) -> None:
    export(DATA, "llama-factory", tmp_path)
    info = read(tmp_path / "dataset_info.json")
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "lorebot_sft": "lorebot_sft.json",
        "lorebot_dpo": "lorebot_dpo.json",
        "lorebot_kto": "lorebot_kto.json",
    }
    assert info["lorebot_dpo"]["ranking"] is True
    assert info["lorebot_kto"]["columns"]["kto_tag"] == "kto_tag"
    assert info["lorebot_sft"]["tags"]["role_tag"] == "role"


def test_llama_factory_reads_turns_from_the_user_and_the_assistant(tmp_path: Path) -> None:
    export(DATA, "llama-factory", tmp_path)
    (sft,) = read(tmp_path / "lorebot_sft.json")
    (dpo,) = read(tmp_path / "lorebot_dpo.json")
    (kto,) = read(tmp_path / "lorebot_kto.json")
    assert sft["messages"] == [*PROMPT, ASSISTANT]
    assert dpo == {
        "messages": list(PROMPT),
        "chosen": ASSISTANT,
        "rejected": {"role": "assistant", "content": "Um zehn."},
    }
    assert [message["role"] for message in kto["messages"]] == ["system", "user", "assistant"]
    assert kto["kto_tag"] is False


def test_axolotl_has_a_configuration_for_each_file(tmp_path: Path) -> None:
    export(DATA, "axolotl", tmp_path)
    configured = {name: read(tmp_path / f"axolotl_{name}.yml") for name in ("sft", "dpo", "kto")}
    assert [Path(c["datasets"][0]["path"]).exists() for c in configured.values()] == [True] * 3
    assert [c.get("rl") for c in configured.values()] == [None, "dpo", "kto"]
    assert [c["datasets"][0]["type"] for c in configured.values()] == [
        "chat_template",
        "chat_template.default",
        "chatml.prompt_pairs",
    ]


def test_axolotl_reads_the_fields_that_are_configured(tmp_path: Path) -> None:
    export(DATA, "axolotl", tmp_path)
    assert read(tmp_path / "lorebot_sft.jsonl") == {"messages": [*PROMPT, ASSISTANT]}
    assert read(tmp_path / "lorebot_dpo.jsonl")["chosen"] == ASSISTANT
    assert read(tmp_path / "lorebot_kto.jsonl") == {
        "system": "Be brief.",
        "prompt": "Wann?",
        "completion": "Um zehn.",
        "label": False,
    }


def test_only_what_is_there_is_written(tmp_path: Path) -> None:
    written = export(TrainingData(sft=DATA.sft), "llama-factory", tmp_path)
    assert [path.name for path in written] == ["lorebot_sft.json", "dataset_info.json"]
    assert list(read(tmp_path / "dataset_info.json")) == ["lorebot_sft"]


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match="no examples"):
        export(TrainingData(pairs=DATA.pairs), "axolotl", tmp_path)


def test_an_unknown_format_is_said_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match="choose llama-factory or axolotl"):
        export(DATA, "parquet", tmp_path)  # type: ignore[arg-type]
