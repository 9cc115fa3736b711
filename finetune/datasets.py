"""Read a labelled data set: questions with their gold answers, over passages or a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUESTIONS, PASSAGES, DOCS = "questions.jsonl", "passages.jsonl", "docs"


class DatasetUnusable(Exception):
    """A data set cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """`paths` are the gold pages under docs/; `evidence` is the sentence that answers, if known."""

    id: str
    question: str
    answers: tuple[str, ...]
    passage_ids: tuple[str, ...]
    answerable: bool
    paths: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadyPassage:
    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """`passages` is empty where the data set is a folder of documents, `docs`."""

    root: Path
    questions: tuple[LabelledQuestion, ...]
    passages: tuple[ReadyPassage, ...]
    docs: Path | None


def load_dataset(root: Path, from_docs: bool = False) -> Dataset:
    """Read questions.jsonl with passages.jsonl or, where there is none or `from_docs`, docs/.

    Raises DatasetUnusable with what is missing or wrong, and in which line.
    """
    if not root.is_dir():
        raise DatasetUnusable(f"There is no folder {root}; name the folder of a data set.")
    questions = tuple(read_questions(root / QUESTIONS))
    if not questions:
        raise DatasetUnusable(f"{root / QUESTIONS} holds no questions.")
    docs = root / DOCS if (root / DOCS).is_dir() else None
    ready = root / PASSAGES
    if ready.exists() and not from_docs:
        return Dataset(root, questions, tuple(read_passages(ready)), docs)
    if docs is None:
        raise DatasetUnusable(f"{root} has neither {PASSAGES} nor a folder {DOCS}/ to search in.")
    return Dataset(root, questions, (), docs)


def read_questions(path: Path) -> Iterator[LabelledQuestion]:
    for number, row in read_rows(path):
        try:
            meta = row.get("meta") or {}
            yield LabelledQuestion(
                id=str(row.get("id", number)),
                question=str(row["question"]),
                answers=as_strings(row.get("answers")),
                passage_ids=as_strings(row.get("passage_ids")),
                answerable=bool(row.get("answerable", True)),
                paths=as_strings(meta.get("paths")),
                evidence=as_strings(meta.get("evidence")),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DatasetUnusable(
                f"Line {number} of {path} is not a question: it needs at least "
                '{"question": "…", "answers": ["…"]}.'
            ) from error


def read_passages(path: Path) -> Iterator[ReadyPassage]:
    for number, row in read_rows(path):
        try:
            yield ReadyPassage(str(row["id"]), str(row.get("title", "")), str(row["text"]))
        except KeyError as error:
            raise DatasetUnusable(f"Line {number} of {path} lacks {error}.") from error


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, parse_row(path, number, line)
    except FileNotFoundError as error:
        raise DatasetUnusable(f"There is no {path.name} in {path.parent}.") from error
    except UnicodeDecodeError as error:
        raise DatasetUnusable(f"{path} is not UTF-8 text.") from error


def parse_row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DatasetUnusable(f"Line {number} of {path} is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise DatasetUnusable(f"Line {number} of {path} is not a JSON object.")
    return row


def as_strings(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)
