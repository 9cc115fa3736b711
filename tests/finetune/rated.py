"""Rated answers and their cases as plain data, with what a test does not say filled in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from db.interactions import InteractionRecord, PassageRecord
from finetune.cases import Case, GivenCorrection, RatedAnswer

MOMENT = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def shown(path: str = "a.md", text: str = "words", **fields: Any) -> PassageRecord:
    values = {"passage_id": None, "title": "A", "uri": "", "heading": ""}
    scores = {"score": 0.5, "dense_score": 0.5, "text_score": 1.0}
    return PassageRecord(path=path, text=text, **(values | scores | fields))


def record(question: str = "why?", *passages: PassageRecord, **fields: Any) -> InteractionRecord:
    values: dict[str, Any] = {
        "answer": "because",
        "abstained": False,
        "confidence": 0.9,
        "generator": "quotes",
        "surface": "workspace",
        "timings_ms": {},
    }
    return InteractionRecord(question=question, passages=passages, **(values | fields))


def correction(
    right_answer: str | None = "it is so", number: int = 1, **fields: Any
) -> GivenCorrection:
    values: dict[str, Any] = {
        "author": f"U{number}",
        "fault": "wrong_answer",
        "right_document": None,
        "approved": False,
        "written_at": MOMENT + dt.timedelta(minutes=number),
    }
    return GivenCorrection(id=number, right_answer=right_answer, **(values | fields))


def answer(
    of: InteractionRecord, *corrections: GivenCorrection, votes: dict[str, int] | None = None
) -> RatedAnswer:
    return RatedAnswer(of, frozenset({"down"}), votes or {}, corrections, MOMENT)


def case(of: RatedAnswer, **fields: Any) -> Case:
    values: dict[str, Any] = {
        "cause": "no_document",
        "remedy": "write_page",
        "right_answer": None,
        "right_answer_by": None,
        "gold": (),
    }
    return Case(of, **(values | fields))
