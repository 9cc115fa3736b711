"""An expert decides on corrections at the command line; what is approved counts at once."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from bot.claims import Patience
from bot.cli_knowledge import opened, user
from bot.cli_show import show_json, write
from bot.config import Settings
from bot.lorebot import Lorebot
from db import verified
from finetune import review
from knowledge.sources.names import ANSWERS

WAIT_S = 600.0
"""How long a running reindex is waited for."""
RETRY_S = 1.0


def show_waiting(settings: Settings, *, as_json: bool) -> None:
    with opened(settings) as lorebot:
        found = review.waiting(lorebot.database)
    if as_json:
        show_json({"waiting": [as_plain(correction) for correction in found]})
        return
    console = Console()
    if not found:
        write(console, "No correction waits for a decision.")
    for one in found:
        where = f" in {one.channel}" if one.channel else ""
        write(console, f"{one.id}  {one.question}", "bold")
        write(console, f"said:  {one.answer}", indent=4)
        write(console, f"{one.fault.replace('_', ' ')}, says {one.author}{where}", indent=4)
        if one.right_answer:
            write(console, f"right: {one.right_answer}", "green", indent=4)
        if one.right_document:
            write(console, f"see:   {one.right_document}", "green", indent=4)


def show_answers(settings: Settings, *, as_json: bool) -> None:
    with opened(settings) as lorebot:
        found = verified.standing(lorebot.database)
    if as_json:
        show_json({"answers": [as_plain(answer) for answer in found]})
        return
    console = Console()
    if not found:
        write(console, "There is no verified answer yet.")
    for one in found:
        where = f", in {one.channel} alone" if one.channel else ""
        write(console, f"{one.id}  {one.question}", "bold")
        write(console, one.answer, indent=4)
        write(console, f"approved by {one.approved_by}{where}", "dim", indent=4)


def approve(
    settings: Settings, correction_id: int, *, answer: str | None, role: str, channel: str | None
) -> None:
    with opened(settings) as lorebot:
        review.approve(
            lorebot.database, correction_id, user(), answer=answer, role=role, channel=channel
        )
        publish(lorebot)
    write(Console(), "Approved: from now on it is the answer to that question.")


def reject(settings: Settings, correction_id: int) -> None:
    with opened(settings) as lorebot:
        review.reject(lorebot.database, correction_id)
    write(Console(), "Rejected.")


def withdraw(settings: Settings, answer_id: int) -> None:
    with opened(settings) as lorebot:
        review.withdraw(lorebot.database, answer_id)
        publish(lorebot)
    write(Console(), "Withdrawn: it is not given any more.")


def publish(lorebot: Lorebot) -> None:
    """Bring the verified answers into the index; a reindex that is running is waited for."""
    patience = Patience(WAIT_S, lorebot.commands.stopping, RETRY_S)
    lorebot.commands.reindex(only={ANSWERS}, actor=user(), surface="cli", patience=patience)


def as_plain(record: Any) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in record.__slots__}
    return {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in values.items()}
