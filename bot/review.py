"""An expert decides on corrections at the command line; what is approved counts at once."""

from __future__ import annotations

from rich.console import Console

from bot.cli_open import opened, opened_database, user
from bot.cli_show import plain, show_json, write
from bot.config import Settings, environment
from bot.editor import written_in_editor
from db import verified
from finetune import review
from finetune.review import Approval


def show_waiting(settings: Settings, *, as_json: bool) -> None:
    with opened_database(settings) as database:
        found = review.waiting(database)
    if as_json:
        show_json({"waiting": plain(found)})
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
    with opened_database(settings) as database:
        found = verified.standing(database)
    if as_json:
        show_json({"answers": plain(found)})
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
        approval = lorebot.experts.approve(
            correction_id, user(), "cli", answer=answer, role=role, channel=channel
        )
        lorebot.experts.publish(user(), "cli")
    write(Console(), told(approval))


def told(approval: Approval) -> str:
    if approval.answer_id is None:
        return "Approved: it teaches which document is the right one."
    to = "" if approval.scope is None else f", for {approval.scope} alone"
    return f"Approved: from now on it is the answer to that question{to}."


def edit(
    settings: Settings, correction_id: int, *, answer: str | None, role: str, channel: str | None
) -> None:
    if answer is None:
        answer = written_in_editor(right_answer(settings, correction_id), environment())
    approve(settings, correction_id, answer=answer, role=role, channel=channel)


def right_answer(settings: Settings, correction_id: int) -> str:
    # Closed again before the editor opens: nothing is held while a person thinks.
    with opened_database(settings) as database:
        return review.find_waiting(database, correction_id).right_answer or ""


def reject(settings: Settings, correction_id: int, reason: str) -> None:
    with opened(settings) as lorebot:
        lorebot.experts.reject(correction_id, user(), "cli", reason)
    write(Console(), "Rejected.")


def withdraw(settings: Settings, answer_id: int) -> None:
    with opened(settings) as lorebot:
        lorebot.experts.withdraw(answer_id, user(), "cli")
        lorebot.experts.publish(user(), "cli")
    write(Console(), "Withdrawn: it is not given any more.")
