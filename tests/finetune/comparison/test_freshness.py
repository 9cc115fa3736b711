"""Facts change in the documents, and the index follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from finetune.comparison.arms import ARMS, Ask, Said
from finetune.comparison.freshness import changeable, changed, measure_freshness
from finetune.comparison.place import Place, opened_place
from finetune.datasets import LabelledQuestion, load_dataset
from knowledge.confidence import DEFAULT
from knowledge.settings import KnowledgeSettings

SENTENCE = "The night door opens at 19 hours."
QUESTION = LabelledQuestion(
    "q1", "When does the night door open?", ("19 hours",), ("doors.md",), True, ("doors.md",), ()
)


def silent(stage: str, done: int, total: int) -> None:
    pass


@pytest.mark.parametrize(
    ("fact", "new"),
    [
        ("58 minutes", "51 minutes"),
        ("5 September 1977", "5 September 1970"),
        ("1,369 kilometres", "1,362 kilometres"),
        ("in September", "in February"),
        ("the god Jupiter", "the god Ashdown"),
        ("no organic molecules", None),
    ],
)
def test_a_fact_becomes_another_of_its_kind(fact: str, new: str | None) -> None:
    assert changed(fact, "Ashdown") == new


@pytest.fixture(params=["docs", "passages"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question": QUESTION.question}))
    (tmp_path / "docs").mkdir()
    text = SENTENCE.replace("opens at", "opens\nat") + " Soup is free."
    (tmp_path / "docs" / "doors.md").write_text(f"# Doors\n\n{text}\n")
    (tmp_path / "docs" / "soup.md").write_text("# Soup\n\nSoup is made of leeks.\n")
    passage = {"id": "doors.md", "title": "Doors", "text": text}
    (tmp_path / "passages.jsonl").write_text(json.dumps(passage))
    dataset = load_dataset(tmp_path, from_docs=request.param == "docs")
    with opened_place(dataset, KnowledgeSettings(), silent, DEFAULT) as opened:
        yield opened


def from_documents(place: Place) -> Ask:
    return lambda question: Said(place.knowledge.answer(question).text, 1.0)


def test_what_reads_the_documents_says_the_new_fact_and_what_does_not_the_old(
    place: Place,
) -> None:
    asks = {arm: from_documents(place) for arm in ARMS} | {"base": lambda _: Said("19 hours", 1.0)}

    found = measure_freshness(place, asks, [QUESTION], silent)

    assert found.facts == 1
    assert (found.new["rag"], found.old["rag"]) == (1.0, 0.0)
    assert (found.new["base"], found.old["base"]) == (0.0, 1.0)


def test_the_data_set_itself_stays_as_it_is(place: Place) -> None:
    measure_freshness(place, {arm: from_documents(place) for arm in ARMS}, [QUESTION], silent)
    assert "19 hours" in (place.dataset.root / "docs" / "doors.md").read_text()


def test_without_a_fact_that_can_be_changed_nothing_is_claimed(place: Place) -> None:
    unknown = LabelledQuestion("q2", "Who?", ("somebody",), ("doors.md",), True, ("doors.md",), ())
    found = measure_freshness(place, {}, [unknown], silent)
    assert (found.facts, found.new["rag"]) == (0, None)


def test_a_sentence_is_changed_once(place: Place) -> None:
    assert len(list(changeable(place, [QUESTION, QUESTION]))) == 1
