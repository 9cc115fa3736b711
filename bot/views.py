"""Everything people see of Lorebot besides answers: the form, the home, progress, status. Pure."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.blocks import Block, Message, context, section
from bot.mrkdwn import clean, escape, one_line
from db.interactions import InteractionRecord
from knowledge.report import Progress, ReindexReport, grouped

if TYPE_CHECKING:
    from bot.commands import Status

CORRECTION = "correction"
FAULT, RIGHT_ANSWER, RIGHT_DOCUMENT, VALUE = "fault", "right_answer", "right_document", "value"
MAX_LINES, MAX_ERRORS = 15, 10
"""A message has at most 50 blocks."""
BAR = 20

STAGES = {
    "reading": "Reading documents",
    "embedding": "Embedding passages",
    "adapting": "Embedding passages for the adapter",
    "switching": "Switching to the new index",
}
VOTE_MARKS = {1: "👍", -1: "👎", None: "not rated"}


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Which answer a form is about, and where; it travels in the form's private metadata."""

    interaction_id: str
    channel: str
    thread_ts: str

    def packed(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> AnswerPlace | None:
        """None if the text is not what `packed` wrote."""
        try:
            values = json.loads(text)
            place = cls(**values)
        except (ValueError, TypeError):
            return None
        return place if all(isinstance(value, str) for value in values.values()) else None


def correction_form(place: AnswerPlace, faults: dict[str, str]) -> Block:
    """The form behind 👎."""
    options = [{"text": plain(label), "value": value} for value, label in faults.items()]
    fault = {"type": "radio_buttons", "action_id": VALUE, "options": options}
    answer = {"type": "plain_text_input", "action_id": VALUE, "multiline": True, "max_length": 3000}
    document = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "max_length": 1000,
        "placeholder": plain("Its title or address"),
    }
    return {
        "type": "modal",
        "callback_id": CORRECTION,
        "private_metadata": place.packed(),
        "title": plain("What was wrong?"),
        "submit": plain("Send"),
        "close": plain("Cancel"),
        "blocks": [
            labelled(FAULT, "What was wrong with the answer?", fault, optional=False),
            labelled(RIGHT_ANSWER, "The right answer, if you know it", answer),
            labelled(RIGHT_DOCUMENT, "The right document, if you know it", document),
        ],
    }


def labelled(block_id: str, label: str, element: Block, *, optional: bool = True) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def home_view(
    status: Status,
    questions: Sequence[tuple[InteractionRecord, int | None]],
    to_review: int | None = None,
) -> Block:
    """The app's home: what it does, what it knows, and the reader's own last questions.

    `to_review` is how many corrections wait for the reader, where that is an expert.
    """
    blocks = [
        {"type": "header", "text": plain("Ask me what the documents know")},
        section(
            "I answer from your team's documents and say where each answer stands. "
            "Mention me in a channel, or write to me here; in a thread where I have answered "
            "you need not mention me again. Rate an answer 👍 or 👎, so that the next is better."
        ),
        context(f"{documents(status)} Last read {when(status.indexed_at)}."),
        *([section(waiting_for_you(to_review))] if to_review else []),
        {"type": "divider"},
        {"type": "header", "text": plain("Your last questions")},
    ]
    if not questions:
        blocks.append(section("You have not asked me anything yet."))
    blocks += [context(asked(record, vote)) for record, vote in questions]
    return {"type": "home", "blocks": blocks}


def documents(status: Status) -> str:
    count = status.documents
    return f"I know {count:,} document{'s' if count != 1 else ''}."


def waiting_for_you(count: int) -> str:
    waits = "1 correction waits" if count == 1 else f"{count:,} corrections wait"
    return f"*{waits} for an expert.* Say `/lore review` in any channel to decide."


def asked(record: InteractionRecord, vote: int | None) -> str:
    question = escape(one_line(record.question, 200))
    outcome = "no answer found" if record.abstained else VOTE_MARKS[vote]
    return f"*{question}*\n{outcome}" if "`" not in question else f"{question}\n{outcome}"


def when(time: dt.datetime | None) -> str:
    """In the reader's own time zone."""
    if time is None:
        return "never"
    return (
        f"<!date^{int(time.timestamp())}^{{date_short_pretty}} {{time}}|{time:%Y-%m-%d %H:%M} UTC>"
    )


def status_message(status: Status) -> Message:
    running = status.reindex and status.reindex["status"] == "running"
    lines = [
        f"*Documents:* {status.documents:,} in {status.passages:,} passages",
        f"*Last read:* {when(status.indexed_at)}" + (" (reading now)" if running else ""),
        f"*Questions:* {status.questions:,} asked, {status.waiting:,} waiting",
        f"*Ratings:* {status.ratings_up:,} 👍, {status.ratings_down:,} 👎, "
        f"{status.corrections:,} corrections",
        f"*Release:* {status.release or '–'}, embedding model {escape(status.model)}",
    ]
    if status.documents and not status.in_step:
        lines.append("Settings have changed: `/lore reindex` brings them into effect.")
    if status.model_failures:
        lines.append(
            f"*Language model:* could not answer {status.model_failures:,} times in 24 hours."
        )
    text = "\n".join(lines)
    return Message(text, (section(text),))


def progress_message(step: Progress) -> Message:
    """`Embedding passages ▰▰▰▰▱▱▱▱ 120 of 300 · 700 passages, 25 a second, 3 min left`."""
    stage = STAGES.get(step.stage, escape(step.stage))
    text = f"*{stage}*\n{bar(step.done, step.total)} · {escape(pace(step))}"
    return Message(text, (section(text),))


def bar(done: int, total: int) -> str:
    """`▰▰▰▰▱▱▱▱ 120 of 300`."""
    share = min(done / total, 1.0) if total else 0.0
    return "▰" * round(share * BAR) + "▱" * (BAR - round(share * BAR)) + f" {done:,} of {total:,}"


def pace(step: Progress) -> str:
    """`handbook, 700 passages, 25 a second, 3 min left`, as much of it as is known."""
    rate = step.per_second
    parts = (
        step.source,
        f"{step.passages:,} passages",
        "" if rate is None else f"{rate:,.0f} a second",
        "" if step.seconds_left is None else f"{duration(step.seconds_left)} left",
    )
    return ", ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Rounded up, so that it is not over before it says so."""
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def summary_message(report: ReindexReport) -> Message:
    """What a reindex has done, with the files it left out and why."""
    text = f"✅ {escape(report.summary())}"
    groups = grouped(report.skipped)
    lines = [
        f"• {escape(one_line(files, 80))}: {escape(one_line(reason, 80))}"
        for files, reason in groups[:MAX_LINES]
    ]
    more = len(groups) - len(lines)
    lines += [f"and {more:,} more; `lorebot reindex` shows them all."] if more > 0 else []
    sources = [escape(one_line(line, 200)) for line in report.by_source()]
    errors = [f":warning: {escape(one_line(error, 500))}" for error in report.errors]
    blocks = [section(text), *(context(line) for line in sources[:MAX_LINES])]
    blocks += [section(error) for error in errors[:MAX_ERRORS]]
    if lines:
        blocks += [section("*Left out:*"), *(context(line) for line in lines)]
    return Message(text, tuple(blocks))


def submitted(values: dict[str, Any]) -> dict[str, str | None]:
    """What was put into the form, by field; None for what was left empty."""
    option = value_of(values, FAULT).get("selected_option") or {}
    return {
        FAULT: text_or_none(option.get("value")),
        RIGHT_ANSWER: text_or_none(value_of(values, RIGHT_ANSWER).get("value")),
        RIGHT_DOCUMENT: text_or_none(value_of(values, RIGHT_DOCUMENT).get("value")),
    }


def value_of(values: dict[str, Any], field: str) -> dict[str, Any]:
    found: dict[str, Any] = values.get(field, {}).get(VALUE) or {}
    return found


def text_or_none(value: Any) -> str | None:
    return (clean(value).strip() or None) if isinstance(value, str) else None
