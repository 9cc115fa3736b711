"""An evaluation gives the figures of the served knowledge, and none where there are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.evaluate import Evaluation, Score, evaluate
from knowledge.settings import KnowledgeSettings

DOOR = "The night door opens with the green card. Lost cards are reported to the guard at once."
LEAVE = "Everybody has 28 days of holiday a year. Ask your lead two weeks before you go."
SHAPE = {
    "questions": None,
    "retrieval": {
        "passage": {"hit@1": None, "hit@5": None, "mrr@10": None},
        "page": {"hit@1": None, "hit@5": None, "mrr@10": None},
    },
    "answers": {"f1": None, "containment": None},
    "abstention": {"answerable": None, "unanswerable": None},
    "seconds": None,
}


def question(text: str, answer: str, page: str) -> dict[str, object]:
    number = {"keys.md": "keys.md#1", "leave.md": "leave.md#1"}[page]
    meta = {"paths": [page], "evidence": answer}
    return {"question": text, "answers": [answer], "passage_ids": [number], "meta": meta}


QUESTIONS = [
    question("Which card opens the night door?", "the green card", "keys.md"),
    question("How many days of holiday are there a year?", "28 days", "leave.md"),
    {"question": "Who won the chess world cup in 1972?", "answerable": False},
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Both ready passages and a folder of documents."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "keys.md").write_text(f"# Keys\n\n{DOOR}\n")
    (tmp_path / "docs" / "leave.md").write_text(f"# Leave\n\n{LEAVE}\n")
    passages = [
        {"id": "keys.md#1", "title": "Keys", "text": DOOR},
        {"id": "leave.md#1", "title": "Leave", "text": LEAVE},
    ]
    (tmp_path / "passages.jsonl").write_text("\n".join(map(json.dumps, passages)))
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    return tmp_path


def shape_of(value: object) -> object:
    return {k: shape_of(v) for k, v in value.items()} if isinstance(value, dict) else None


@pytest.mark.parametrize("from_docs", [False, True])
def test_a_data_set_is_asked_and_scored(dataset: Path, from_docs: bool) -> None:
    result = evaluate(dataset, KnowledgeSettings(), from_docs=from_docs).as_json()

    perfect = {"hit@1": 1.0, "hit@5": 1.0, "mrr@10": 1.0}
    assert shape_of(result) == SHAPE
    assert list(result) == list(SHAPE)
    assert result["questions"] == 3
    assert result["retrieval"] == {"passage": perfect, "page": perfect}
    assert result["answers"]["containment"] == 1.0
    assert 0.2 < result["answers"]["f1"] < 1
    assert result["abstention"] == {"answerable": 0.0, "unanswerable": 1.0}
    assert result["seconds"] > 0


def test_a_limit_takes_the_first_questions_and_tells_how_far_it_is(dataset: Path) -> None:
    heard: list[tuple[str, int, int]] = []

    result = evaluate(
        dataset, KnowledgeSettings(), limit=1, progress=lambda *step: heard.append(step)
    ).as_json()

    assert result["questions"] == 1
    assert result["abstention"] == {"answerable": 0.0, "unanswerable": None}
    assert heard == [("embedding", 2, 2), ("asking", 1, 1)]


def scored(**changes: object) -> Score:
    values = {"answerable": True, "passage_rank": None, "page_rank": 0, "f1": 0.0}
    return Score(**(values | {"containment": 0.0, "abstained": False} | changes))  # type: ignore[arg-type]


def test_where_there_is_nothing_to_average_there_is_no_figure() -> None:
    result = Evaluation((scored(answerable=False, abstained=True),), 1.0).as_json()

    nothing = {"hit@1": None, "hit@5": None, "mrr@10": None}
    assert result["retrieval"] == {"passage": nothing, "page": nothing}
    assert result["answers"] == {"f1": None, "containment": None}
    assert result["abstention"] == {"answerable": None, "unanswerable": 1.0}
    assert json.loads(json.dumps(result)) == result


def test_figures_are_means_over_the_answerable_questions() -> None:
    scores = (
        scored(passage_rank=0, page_rank=0, f1=0.5, containment=1.0),
        scored(passage_rank=3, page_rank=1, abstained=True),
        scored(answerable=False, f1=1.0, containment=1.0),
    )

    result = Evaluation(scores, 1.234).as_json()

    assert result["retrieval"]["passage"] == {"hit@1": 0.5, "hit@5": 1.0, "mrr@10": 0.625}
    assert result["retrieval"]["page"] == {"hit@1": 0.5, "hit@5": 1.0, "mrr@10": 0.75}
    assert result["answers"] == {"f1": 0.25, "containment": 0.5}
    assert result["abstention"] == {"answerable": 0.5, "unanswerable": 0.0}
    assert result["seconds"] == 1.23
