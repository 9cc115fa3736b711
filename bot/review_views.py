"""What experts see of the review: the corrections that wait, and the forms about one. Pure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.blocks import MAX_MESSAGE, Block, Message, context, section, size_of
from bot.learning_views import button, plain_message
from bot.mrkdwn import escape, one_line
from bot.views import VALUE, labelled, plain, text_or_none, value_of
from db.verified import WaitingCorrection
from finetune.review import EVERYWHERE, Approval, scope_of

REVIEW = "lorebot_review"
APPROVE, EDIT, REJECT = "lorebot_approve", "lorebot_edit", "lorebot_reject"
RIGHT, ROLE, SCOPE, REASON = "right", "role", "scope", "reason"
AS_ASKED = "as_asked"
SHOWN = 10
MAX_QUESTION, MAX_ANSWER, MAX_RIGHT, MAX_DOCUMENT = 200, 250, 350, 100
"""Ten corrections of this length are what one message may hold."""
LONGEST_RIGHT, LONGEST_ROLE, LONGEST_REASON = 3000, 80, 300


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Which correction a form is about and where its list stands; it travels in the metadata."""

    correction_id: int
    channel: str
    thread_ts: str
    response_url: str
    """Where the list is brought up to date; good for half an hour."""

    def packed(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> ReviewPlace | None:
        """None if the text is not what `packed` wrote."""
        try:
            values = json.loads(text)
            place = cls(**values)
        except (ValueError, TypeError):
            return None
        kinds = {field.name: int if field.name == "correction_id" else str for field in fields(cls)}
        right = all(isinstance(values[name], kind) for name, kind in kinds.items())
        return place if right else None


def review_message(waiting: Sequence[WaitingCorrection], done: str = "") -> Message:
    """The first corrections that wait, below what has just been done, in mrkdwn."""
    if not waiting:
        return plain_message(f"{done}\nNo correction waits for a decision.".lstrip())
    shown = fitting(waiting)
    count = "1 correction waits" if len(waiting) == 1 else f"{len(waiting):,} corrections wait"
    head = f"{done}\n*{count} for a decision.*".lstrip()
    blocks = [section(head), *itertools.chain(*shown)]
    if len(waiting) > len(shown):
        blocks.append(context(f"and {len(waiting) - len(shown):,} more, once these are decided on"))
    return Message(head, tuple(blocks))


def fitting(waiting: Sequence[WaitingCorrection]) -> list[tuple[Block, Block]]:
    """As many as are shown and as Slack takes, each with its buttons."""
    found: list[tuple[Block, Block]] = []
    size = 0
    for one in waiting[:SHOWN]:
        blocks = (section(about(one)), decision(one.id))
        size += sum(map(size_of, blocks))
        if found and size > MAX_MESSAGE:
            break
        found.append(blocks)
    return found


def about(one: WaitingCorrection) -> str:
    """What was asked and said, and what is right, by whose word."""
    lines = [
        f"*{one.id}* · <@{escape(one.author)}> says: {escape(one.fault.replace('_', ' '))}"
        f"{where(one)}",
        f"*Asked:* {cut(one.question, MAX_QUESTION)}",
        f"*Said:* {cut(one.answer, MAX_ANSWER)}",
    ]
    if one.right_answer:
        lines.append(f"*Right:* {cut(one.right_answer, MAX_RIGHT)}")
    if one.right_document:
        lines.append(f"*See:* {cut(one.right_document, MAX_DOCUMENT)}")
    return "\n".join(lines)


def where(one: WaitingCorrection) -> str:
    if one.in_the_open:
        return ""
    direct = str(one.channel).startswith("D")
    return " · asked in a direct message" if direct else f" · asked in <#{one.channel}>"


def cut(text: str, longest: int) -> str:
    """Escaped; a text of nothing but characters that grow by it is cut much shorter."""
    shown = escape(one_line(text, longest))
    return shown if len(shown) <= 2 * longest else escape(one_line(text, longest // 5))


def decision(correction_id: int) -> Block:
    value = str(correction_id)
    approve = button(APPROVE, value, "Approve") | {"style": "primary"}
    buttons = [approve, button(EDIT, value, "Edit"), button(REJECT, value, "Reject")]
    return {"type": "actions", "block_id": f"{REVIEW}:{value}", "elements": buttons}


def edit_form(place: ReviewPlace, one: WaitingCorrection) -> Block:
    """The right answer in the expert's words, who stands for it, and to whom it is given."""
    answer = text_input(LONGEST_RIGHT, one.right_answer, multiline=True)
    role = text_input(LONGEST_ROLE) | {"placeholder": plain("Office manager")}
    inputs = [
        labelled(RIGHT, "The right answer", answer, optional=False),
        labelled(ROLE, "The role of its author, shown with it", role),
    ]
    if scope_of(one) is not None:
        # What was asked in private is given to others only if the expert says so.
        inputs.append(labelled(SCOPE, "Who is told", scope_input(), optional=False))
    asked = section(f"*Asked:* {cut(one.question, 1000)}")
    said = section(f"*Said:* {cut(one.answer, 1400)}")
    return form(EDIT, place, f"Correction {one.id}", "Approve", [asked, said, *inputs])


def reject_form(place: ReviewPlace, one: WaitingCorrection) -> Block:
    """Why a correction is not taken."""
    asked = section(f"*Asked:* {cut(one.question, 1000)}")
    reason = labelled(REASON, "Why is it not right?", text_input(LONGEST_REASON))
    return form(REJECT, place, f"Reject {one.id}", "Reject", [asked, reason])


def form(name: str, place: ReviewPlace, title: str, submit: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": place.packed(),
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def text_input(longest: int, given: str | None = None, *, multiline: bool = False) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "max_length": longest,
        "multiline": multiline,
    }
    return element | ({"initial_value": given[:longest]} if given else {})


def scope_input() -> Block:
    as_asked = {"text": plain("Only those who could read the question"), "value": AS_ASKED}
    everybody = {"text": plain("Everybody"), "value": EVERYWHERE}
    return {
        "type": "radio_buttons",
        "action_id": VALUE,
        "options": [as_asked, everybody],
        "initial_option": as_asked,
    }


@dataclass(frozen=True, slots=True)
class Edited:
    """What an expert has put into the form; `channel` is None where it was not asked."""

    answer: str | None
    role: str
    channel: str | None


def edited(values: dict[str, Any]) -> Edited:
    scope = (value_of(values, SCOPE).get("selected_option") or {}).get("value")
    return Edited(
        text_or_none(value_of(values, RIGHT).get("value")),
        text_or_none(value_of(values, ROLE).get("value")) or "",
        EVERYWHERE if scope == EVERYWHERE else None,
    )


def reason_given(values: dict[str, Any]) -> str:
    return text_or_none(value_of(values, REASON).get("value")) or ""


def approved(correction_id: int, approval: Approval) -> str:
    if approval.answer_id is None:
        return f"✅ {correction_id} approved: Lorebot learns which document is the right one."
    to = {"C": "in its channel alone", "G": "in its channel alone"}
    told = "" if approval.scope is None else f", {to.get(approval.scope[0], 'to its asker alone')}"
    return f"✅ {correction_id} approved: within a minute it is the answer to that question{told}."


def rejected(correction_id: int) -> str:
    return f"✋ {correction_id} rejected: nothing is learned from it."
