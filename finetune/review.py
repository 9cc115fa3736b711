"""The review: an expert approves, edits or rejects what people have corrected."""

from __future__ import annotations

from dataclasses import dataclass

from db import verified
from db.engine import Database
from db.verified import NewVerified, NotWaiting, WaitingCorrection
from knowledge.sources.settings import SLACK_ID

EVERYWHERE = "everywhere"


class ReviewRefused(Exception):
    """What the expert asked for cannot be done; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What came of an approved correction.

    `answer_id` is None where it names the right document alone: it teaches, and answers nothing.
    `scope` is the only channel, or the only person, to whom the answer is given; None for all.
    """

    answer_id: int | None
    scope: str | None = None


def waiting(database: Database) -> list[WaitingCorrection]:
    """The corrections that nobody has decided on, oldest first."""
    return verified.waiting(database)


def scope_of(correction: WaitingCorrection) -> str | None:
    """Who may be told the answer: what was asked in private stays where it was asked."""
    if correction.in_the_open:
        return None
    direct = str(correction.channel).startswith("D")
    return (direct and correction.asker) or correction.channel


def approve(
    database: Database,
    correction_id: int,
    expert: str,
    *,
    answer: str | None = None,
    role: str = "",
    channel: str | None = None,
) -> Approval:
    """Make a correction a verified answer, in the expert's words if `answer` is given.

    It is given in `channel` alone, or to all if that is "everywhere"; without one, to those who
    could read the question. It counts from the next reindex of the source `answers` on. Raises
    ReviewRefused.
    """
    if channel not in (None, EVERYWHERE) and not SLACK_ID.fullmatch(str(channel)):
        raise ReviewRefused(
            f"{channel} is no id of a channel: it looks like C012AB3CD; or say {EVERYWHERE}."
        )
    correction = find_waiting(database, correction_id)
    text = (answer or correction.right_answer or "").strip()
    if not text:
        return agree(database, correction, expert)
    scope = scope_of(correction) if channel is None else channel
    new = NewVerified(
        question=correction.question,
        answer=text,
        author=correction.author,
        role=role.strip(),
        channel=None if scope == EVERYWHERE else scope,
        correction_id=correction_id,
        approved_by=expert,
    )
    try:
        return Approval(verified.approve(database, new), new.channel)
    except NotWaiting:
        raise unknown(correction_id) from None


def agree(database: Database, correction: WaitingCorrection, expert: str) -> Approval:
    """That the document which a correction names is the right one. Raises ReviewRefused."""
    if not correction.right_document:
        raise ReviewRefused(
            f"Correction {correction.id} names no right answer: edit it and say what is right "
            "(lorebot review approve has --answer for it)."
        )
    try:
        verified.agree(database, correction.id, expert)
    except NotWaiting:
        raise unknown(correction.id) from None
    return Approval(None)


def reject(database: Database, correction_id: int, expert: str, reason: str = "") -> None:
    """Raises ReviewRefused."""
    try:
        verified.reject(database, correction_id, expert, " ".join(reason.split()))
    except NotWaiting:
        raise unknown(correction_id) from None


def withdraw(database: Database, answer_id: int) -> None:
    """Take a verified answer back, from the next reindex on. Raises ReviewRefused."""
    if not verified.withdraw(database, answer_id):
        raise ReviewRefused(
            f"There is no verified answer {answer_id}: `lorebot review answers` lists them."
        )


def find_waiting(database: Database, correction_id: int) -> WaitingCorrection:
    found = [one for one in waiting(database) if one.id == correction_id]
    if not found:
        raise unknown(correction_id)
    return found[0]


def unknown(correction_id: int) -> ReviewRefused:
    return ReviewRefused(
        f"No correction {correction_id} waits for a decision: `lorebot review` lists those that do."
    )
