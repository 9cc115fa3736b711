"""What candidates are judged on: questions that never train, with what is right about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from finetune.dataset.cited import plain
from finetune.dataset.lessons import Lesson
from finetune.dataset.near import digest_of
from finetune.split import normalise_question, split_of

Slice = Literal["low_rated", "liked", "abstention", "curated", "documents"]
"""What it shows: an answer that was bad, one that was good, that no answer is right, what people
have put together, and what the documents themselves ask."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    question: str
    answers: tuple[str, ...]
    """Texts of right answers; empty where only passages are known, or no answer is right."""
    passages: tuple[Mapping[str, str], ...]
    """Right passages as {path, text}."""
    answerable: bool
    slice: Slice
    cluster: str
    """The digest of the question that leads those that say nearly the same."""
    digest: str
    interaction_id: str | None


def held_groups(
    questions: Sequence[str],
    groups: Mapping[str, str],
    holdout: Sequence[str],
    digests: Collection[str],
    more: bool = True,
) -> set[str]:
    """The groups that are held out: those of earlier rounds and, if there are to be `more`, about
    one in five of the rest.

    By the hash of the question that leads, so that what is added later moves nothing.
    """
    leading = {groups[normalise_question(question)] for question in questions}
    earlier = {groups[normalise_question(question)] for question in holdout}
    named = {groups[normalise_question(q)] for q in questions if digest_of(q) in digests}
    new = {leader for leader in leading if more and split_of(leader) == "validation"}
    return earlier | named | new


def hold_out(lesson: Lesson, leader: str) -> HeldOut | None:
    """None where nothing is known to judge by."""
    record = lesson.case.answer.record
    refuses = lesson.kind == "abstain" or (lesson.kind == "liked" and record.abstained)
    # A right answer is a verified one as soon as it is approved, and then there is an answer.
    if lesson.kind == "disliked" or (lesson.kind == "abstain" and lesson.case.right_answer):
        return None
    return HeldOut(
        question=lesson.question,
        answers=() if refuses else right_answers(lesson),
        passages=() if refuses else right_passages(lesson),
        answerable=not refuses,
        slice="abstention" if refuses else slice_of(lesson),
        cluster=digest_of(leader),
        digest=digest_of(lesson.question),
        interaction_id=record.id,
    )


def slice_of(lesson: Lesson) -> Slice:
    return "liked" if lesson.kind == "liked" else "low_rated"


def right_answers(lesson: Lesson) -> tuple[str, ...]:
    if lesson.kind == "liked":
        return (plain(lesson.case.answer.record.answer),)
    return (lesson.case.right_answer,) if lesson.case.right_answer else ()


def right_passages(lesson: Lesson) -> tuple[Mapping[str, str], ...]:
    """The gold; of a liked answer without, what it cites."""
    if lesson.case.gold or lesson.kind != "liked":
        return tuple({"path": gold.path, "text": gold.text} for gold in lesson.case.gold)
    shown = lesson.case.answer.record.passages
    return tuple({"path": p.path, "text": p.text} for p in shown if p.citation is not None)
