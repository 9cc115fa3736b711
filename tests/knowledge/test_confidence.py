"""More evidence makes an answer surer, none makes it no answer; a team may weigh it anew."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.confidence import (
    DEFAULT,
    Calibration,
    Evidence,
    Weights,
    load_calibration,
    save_calibration,
)
from knowledge.errors import KnowledgeUnusable

SHARES = st.floats(0, 1)
EVIDENCE = st.builds(Evidence, similarity=SHARES, cover=SHARES, fit=SHARES, known=SHARES)
OTHER = Calibration(Weights(-5.0, 4.0, 3.0, 2.0, -1.0, 1.0, 0.5), threshold=0.25)

confidence, THRESHOLD = DEFAULT.confidence, DEFAULT.threshold


@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_without_evidence_the_answer_is_withheld(known: float) -> None:
    assert confidence(Evidence(0, 0, 0, known)) < THRESHOLD / 10


@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_with_all_the_evidence_the_answer_is_given(known: float) -> None:
    assert confidence(Evidence(1, 1, 1, known)) > 0.99


def test_similarity_says_nothing_where_the_model_cannot_read_the_question() -> None:
    far, near = Evidence(0.1, 0.4, 0.4, known=0), Evidence(0.9, 0.4, 0.4, known=0)

    assert confidence(far) == confidence(near)


def test_words_say_more_where_the_model_cannot_read_the_question() -> None:
    evidence = Evidence(0.4, 0.4, 0.4)

    assert confidence(evidence) < THRESHOLD < confidence(replace(evidence, known=0))


@pytest.mark.parametrize("name", ["similarity", "cover", "fit"])
@given(evidence=EVIDENCE, more=SHARES)
def test_more_of_anything_never_makes_it_less_sure(
    name: str, evidence: Evidence, more: float
) -> None:
    richer = replace(evidence, **{name: max(more, getattr(evidence, name))})

    assert 0 < confidence(evidence) <= confidence(richer) < 1


def test_without_a_file_the_default_is_in_force(tmp_path: Path) -> None:
    assert load_calibration(tmp_path / "calibration.json") == DEFAULT


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "home" / "calibration.json"
    save_calibration(path, DEFAULT, {"data_set": "first"})
    save_calibration(path, OTHER, {"data_set": "second"})

    assert load_calibration(path) == OTHER
    assert json.loads(path.read_text())["data_set"] == "second"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(KnowledgeUnusable, match="make the folder writable"):
        save_calibration(tmp_path / "home" / "calibration.json", OTHER, {})


WEIGHTS = asdict(OTHER.weights)
DAMAGED = {
    "empty": "",
    "no object": "[1]",
    "no weights": {"threshold": 0.5},
    "no threshold": {"weights": WEIGHTS},
    "a weight missing": {"weights": {"bias": 1}, "threshold": 0.5},
    "a weight too many": {"weights": WEIGHTS | {"luck": 1}, "threshold": 0.5},
    "a weight that is no number": {"weights": WEIGHTS | {"fit": "6.5"}, "threshold": 0.5},
    "a weight that is no finite number": {"weights": WEIGHTS | {"fit": float("nan")}},
    "a weight that is too large": {"weights": WEIGHTS | {"fit": 1e9}, "threshold": 0.5},
    "a threshold that is no probability": {"weights": WEIGHTS, "threshold": 40},
    "a threshold that is no number": {"weights": WEIGHTS, "threshold": True},
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, content: object) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))

    with pytest.raises(KnowledgeUnusable, match="lorebot calibrate DIR --write, or remove it"):
        load_calibration(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_bytes(b"\xff\xfe")

    with pytest.raises(KnowledgeUnusable, match="is no calibration"):
        load_calibration(tmp_path / "calibration.json")
