"""Examples survive their files, in the shapes that TRL reads, and changed files are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.dataset import jsonl
from finetune.dataset.jsonl import as_lines
from finetune.datasets import DatasetUnusable
from finetune.examples import Judged, Pair, Preference, Provenance, Sft, TrainingData
from knowledge.prompts import Message

PROMPT = (
    Message(role="system", content="You answer."),
    Message(role="user", content="食堂几点开门？\u2028 “Lunch”\nand more"),
)
SAID = Provenance("correction", "interaction-1", ("U0ANN", "U0BEN"), "When is lunch?")
DATA = TrainingData(
    pairs=(
        Pair("When is lunch?", (3,), (4, 5), SAID),
        Pair("Lunch?", (), (), replace(SAID, interaction_id=None), 0.5, ((3, 0.75), (4, 0.25))),
    ),
    sft=(Sft(PROMPT, "From half past eleven. [1]", SAID, 2.0),),
    preferences=(Preference(PROMPT, "From half past eleven. [1]", "At ten. [2]", SAID),),
    judged=(Judged(PROMPT, "At ten. [2]", False, SAID),),
)


def row(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    return found


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    assert jsonl.load(tmp_path) == DATA


def test_each_kind_is_loaded_by_itself(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    assert jsonl.load_pairs(tmp_path / "pairs.jsonl") == DATA.pairs
    assert jsonl.load_sft(tmp_path / "sft.jsonl") == DATA.sft
    assert jsonl.load_preferences(tmp_path / "preferences.jsonl") == DATA.preferences
    assert jsonl.load_judged(tmp_path / "judged.jsonl") == DATA.judged


def test_what_an_older_lorebot_has_saved_is_loaded(tmp_path: Path) -> None:
    lines = {name: text.replace(', "stands_for": 1.0', "") for name, text in as_lines(DATA).items()}
    for name, text in lines.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    manifest = {"fingerprint": jsonl.fingerprint_of(lines), "counts": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    assert "stands_for" not in lines["pairs.jsonl"]
    assert jsonl.load(tmp_path) == DATA


def test_sft_is_a_conversational_prompt_and_completion(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    saved = row(tmp_path / "sft.jsonl")
    assert saved["prompt"] == list(PROMPT)
    assert saved["completion"] == [{"role": "assistant", "content": "From half past eleven. [1]"}]


def test_a_preference_has_what_was_chosen_and_rejected(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    saved = row(tmp_path / "preferences.jsonl")
    assert saved["chosen"] == [{"role": "assistant", "content": "From half past eleven. [1]"}]
    assert saved["rejected"] == [{"role": "assistant", "content": "At ten. [2]"}]


def test_a_judged_answer_has_a_boolean_label(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    assert row(tmp_path / "judged.jsonl")["label"] is False


def test_every_row_says_where_it_comes_from(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    names = ("pairs", "sft", "preferences", "judged")
    sources = [row(tmp_path / f"{name}.jsonl")["provenance"] for name in names]
    assert sources == [
        {
            "origin": "correction",
            "interaction_id": "interaction-1",
            "people": ["U0ANN", "U0BEN"],
            "question": "When is lunch?",
        }
    ] * len(names)


def test_the_manifest_counts_and_has_the_fingerprint(tmp_path: Path) -> None:
    fingerprint = jsonl.save(DATA, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest == {
        "fingerprint": fingerprint,
        "counts": {"pairs": 2, "sft": 1, "preferences": 1, "judged": 1},
    }
    assert fingerprint == jsonl.fingerprint(DATA)


def test_another_label_is_another_fingerprint() -> None:
    turned = replace(DATA, judged=(replace(DATA.judged[0], label=True),))
    assert jsonl.fingerprint(turned) != jsonl.fingerprint(DATA)


def test_no_data_is_data_too(tmp_path: Path) -> None:
    jsonl.save(TrainingData(), tmp_path)
    assert jsonl.load(tmp_path) == TrainingData()


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    path = tmp_path / "judged.jsonl"
    path.write_text(path.read_text().replace('"label": false', '"label": true'))
    with pytest.raises(DatasetUnusable, match="was changed since it was saved"):
        jsonl.load(tmp_path)


def test_a_folder_that_was_not_saved_to_its_end_is_refused(tmp_path: Path) -> None:
    jsonl.save(DATA, tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(DatasetUnusable, match="not saved to its end"):
        jsonl.load(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"prompt": 3, "completion": [], "label": true, "provenance": {}}',
        '{"prompt": [], "completion": [{"role": "assistant", "content": "x"}], "label": 1}',
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "judged.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DatasetUnusable, match=r"Line 1 of .*judged\.jsonl"):
        jsonl.load_judged(path)
