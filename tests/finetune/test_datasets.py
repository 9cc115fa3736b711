"""A data set is read as it is written, and an error names the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.datasets import DatasetUnusable, load_dataset

QUESTION = '{"question": "Which card?", "answers": ["green"], "passage_ids": ["keys#1"]}'
PASSAGE = '{"id": "keys#1", "title": "Keys > Night", "text": "The green card."}'


def write(root: Path, **files: str) -> Path:
    [(root / f"{name}.jsonl").write_text(text) for name, text in files.items()]
    return root


def test_passages_and_questions_are_read(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, questions=f"{QUESTION}\n\n", passages=PASSAGE))

    [question] = dataset.questions
    [passage] = dataset.passages
    assert (question.id, question.question, question.answers) == ("1", "Which card?", ("green",))
    assert (question.passage_ids, question.answerable) == (("keys#1",), True)
    assert (passage.id, passage.title, passage.text) == (
        "keys#1",
        "Keys > Night",
        "The green card.",
    )


def test_gold_pages_and_evidence_are_read(tmp_path: Path) -> None:
    meta = {"paths": ["keys.md"], "evidence": "The green card."}
    row = {"question": "Which?", "answerable": False, "meta": meta}
    (tmp_path / "docs").mkdir()

    dataset = load_dataset(write(tmp_path, questions=json.dumps(row)))

    [question] = dataset.questions
    assert (question.paths, question.evidence) == (("keys.md",), ("The green card.",))
    assert (question.answers, question.answerable) == ((), False)
    assert (dataset.docs, dataset.passages) == (tmp_path / "docs", ())


def test_the_folder_is_taken_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    write(tmp_path, questions=QUESTION, passages=PASSAGE)

    assert len(load_dataset(tmp_path).passages) == 1
    assert load_dataset(tmp_path, from_docs=True).passages == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{oops", "Line 3 of .*questions.jsonl is not JSON"),
        ('["a"]', "Line 3 of .*questions.jsonl is not a JSON object"),
        ('{"answers": []}', "Line 3 of .*questions.jsonl is not a question"),
        ('{"question": "a", "meta": [1]}', "Line 3 of .*questions.jsonl is not a question"),
        ('{"question": "a", "answers": 7}', "Line 3 of .*questions.jsonl is not a question"),
    ],
)
def test_a_fault_in_a_question_names_its_line(tmp_path: Path, line: str, fault: str) -> None:
    write(tmp_path, questions=f"{QUESTION}\n\n{line}\n", passages=PASSAGE)

    with pytest.raises(DatasetUnusable, match=fault):
        load_dataset(tmp_path)


@pytest.mark.parametrize("line", ['{"id": "a"}', '{"text": "a"}'])
def test_a_fault_in_a_passage_names_its_line(tmp_path: Path, line: str) -> None:
    write(tmp_path, questions=QUESTION, passages=f"{PASSAGE}\n{line}\n")

    with pytest.raises(DatasetUnusable, match=r"Line 2 of .*passages.jsonl lacks"):
        load_dataset(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match=r"There is no folder .*nowhere"):
        load_dataset(tmp_path / "nowhere")


def test_missing_questions_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match=r"There is no questions\.jsonl"):
        load_dataset(tmp_path)


def test_no_questions_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match="holds no questions"):
        load_dataset(write(tmp_path, questions="\n", passages=PASSAGE))


def test_nothing_to_search_in_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnusable, match=r"neither passages.jsonl nor a folder docs/"):
        load_dataset(write(tmp_path, questions=QUESTION))


def test_what_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(b'{"question": "caf\xe9"}')

    with pytest.raises(DatasetUnusable, match="is not UTF-8"):
        load_dataset(tmp_path)
