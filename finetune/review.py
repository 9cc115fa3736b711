"""The review: an expert approves or rejects what people have corrected."""

from __future__ import annotations

from db import verified
from db.engine import Database
from db.verified import NewVerified, NotWaiting, WaitingCorrection
from knowledge.sources.settings import SLACK_ID


class ReviewRefused(Exception):
    """What the expert asked for cannot be done; the message says what to do."""


def waiting(database: Database) -> list[WaitingCorrection]:
    """The corrections that nobody has decided on, oldest first."""
    return verified.waiting(database)


def approve(
    database: Database,
    correction_id: int,
    expert: str,
    *,
    answer: str | None = None,
    role: str = "",
    channel: str | None = None,
) -> int:
    """Make a correction a verified answer, in the expert's words if `answer` is given.

    It is given in `channel` alone, or everywhere. Returns its id; it counts from the next reindex
    of the source `answers` on. Raises ReviewRefused.
    """
    if channel is not None and not SLACK_ID.fullmatch(channel):
        raise ReviewRefused(f"{channel} is no id of a channel: it looks like C012AB3CD.")
    correction = find_waiting(database, correction_id)
    text = (answer or correction.right_answer or "").strip()
    if not text:
        raise ReviewRefused(
            f"Correction {correction_id} names no right answer: say what is right with --answer."
        )
    new = NewVerified(
        question=correction.question,
        answer=text,
        author=correction.author,
        role=role.strip(),
        channel=channel,
        correction_id=correction_id,
        approved_by=expert,
    )
    try:
        return verified.approve(database, new)
    except NotWaiting:
        raise unknown(correction_id) from None


def reject(database: Database, correction_id: int) -> None:
    """Raises ReviewRefused."""
    try:
        verified.reject(database, correction_id)
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
