"""What people see of the loop: how far a cycle is, what came of it, the releases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.blocks import Block, Message, context, section
from bot.mrkdwn import code, escape, one_line
from bot.views import bar, plain, when

if TYPE_CHECKING:
    from db.cycles import CycleRecord
    from db.registry import ReleaseRecord
    from finetune.request import CycleDetail
    from finetune.runs import Step

STEPS = {
    "collect": "Collecting ratings",
    "diagnose": "Finding out what was wrong",
    "dataset": "Making examples",
    "train": "Training",
    "evaluate": "Judging",
    "gate": "Deciding",
    "promote": "Going live",
}
OUTCOMES = {
    "running": "🔄 is running",
    "promoted": "✅ promoted",
    "held": "⏸️ held back",
    "refused": "✋ refused",
    "tried": "🧪 tried",
    "cancelled": "⏹️ cancelled",
    "failed": "⚠️ failed",
}
RELEASE_MARKS = {"live": "🟢", "candidate": "⚪", "retired": "⚫", "rejected": "✋"}
PROMOTE, ROLL_BACK, LEAVE = "lorebot_promote", "lorebot_roll_back", "lorebot_leave"
MAX_LINES, MAX_FIGURES, MAX_REASON = 20, 25, 300
MAX_GAPS, MAX_GAP = 5, 200


def step_message(step: Step) -> Message:
    """`Training ▰▰▱▱ 120 of 300 · loss 0.41, 3 min left`."""
    note = f" · {escape(one_line(step.note, 200))}" if step.note else ""
    text = f"*{escape(step_name(step.step))}*\n{bar(step.done, step.total)}{note}"
    return Message(text, (section(text),))


def step_name(step: str) -> str:
    """`Training`; `Training: generator` for a part of it, `train: generator`."""
    first, _, rest = step.partition(":")
    name = STEPS.get(first, first.capitalize())
    return f"{name}: {rest.strip()}" if rest else name


def outcome_message(record: CycleRecord) -> Message:
    """What came of a cycle, for everybody in the channel: no word that a person wrote."""
    text = f"*Cycle {record.id}* {outcome(record)}\n{escape(record.reason)}".rstrip()
    hint = f"`/lore cycle {record.id}` shows what it was decided by."
    if record.status == "held" and record.candidate_id is not None:
        hint += f" `/lore releases` shows what has become of release {record.candidate_id}."
    return Message(text, (section(text), context(hint)))


def outcome(record: CycleRecord) -> str:
    done = OUTCOMES.get(record.status, record.status)
    return f"{done} (dry run)" if record.dry_run and record.status != "tried" else done


def cycles_message(records: Sequence[CycleRecord]) -> Message:
    if not records:
        return plain_message("There has been no cycle yet: `/lore retrain` begins one.")
    return listed("*Cycles*, the newest first", map(cycle_line, records))


def cycle_line(record: CycleRecord) -> str:
    reason = escape(one_line(record.reason or step_name(record.step), MAX_REASON))
    start = when(record.started_at)
    return f"*{record.id}* {outcome(record)} · {record.strategy} · {start}\n{reason}"


def cycle_message(detail: CycleDetail) -> Message:
    """A cycle with what it found and what it was decided by."""
    record = detail.record
    lines = [
        f"*Cycle {record.id}* {outcome(record)}",
        f"{record.strategy}, asked for by {code(record.requested_by or 'nobody')}, "
        f"begun {when(record.started_at)}, ended {when(record.finished_at)}",
        escape(record.reason or step_name(record.step)),
    ]
    found = [f"{count:,} {escape(words(cause))}" for cause, count in most(detail.causes)]
    missing = [f"• {escape(line)}" for line in gaps_of(record)[:MAX_GAPS]]
    figures = [f"• {escape(name)}: {escape(value)}" for name, value in flat(detail.figures)]
    blocks = [section("\n".join(lines))]
    blocks += [section(f"*What was wrong:* {', '.join(found)}")] if found else []
    if missing:
        blocks.append(section("\n".join(["*Pages that are missing:*", *missing])))
    blocks += [context("\n".join(figures[:MAX_FIGURES]))] if figures else []
    return Message("\n".join(lines), tuple(blocks))


def gaps_of(record: CycleRecord) -> list[str]:
    """What no document answers, what most people have met first."""
    found = (record.report or {}).get("gaps", [])
    return [
        f"{one_line(gap['question'], MAX_GAP)} (asked {gap['asked']:,} times "
        f"by {gap['people']:,} {'person' if gap['people'] == 1 else 'people'})"
        for gap in found
    ]


def words(name: str) -> str:
    return name.replace("_", " ")


def most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def flat(figures: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Names and values, the nested ones with their names joined by a dot; no lists."""
    found: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found += flat(value, f"{prefix}{name}.")
        elif isinstance(value, float):
            found.append((f"{prefix}{words(str(name))}", f"{value:.3f}"))
        elif isinstance(value, str | int):
            found.append((f"{prefix}{words(str(name))}", one_line(str(value), 60)))
    return found


def releases_message(records: Sequence[ReleaseRecord]) -> Message:
    if not records:
        return plain_message("There is no release yet: start Lorebot once.")
    return listed("*Releases*, the newest first", map(release_line, records))


def release_line(record: ReleaseRecord) -> str:
    """`🟢 7 live · since … · learnt: retriever · from 6`."""
    since = when(record.promoted_at or record.created_at)
    parts = [f"{RELEASE_MARKS.get(record.status, '')} *{record.id}* {record.status}", since]
    parts.append(f"learnt: {learnt(record)}")
    parts += [f"made from {record.parent_id}"] if record.parent_id is not None else []
    note = escape(one_line(record.note, MAX_REASON))
    return " · ".join(parts) + (f"\n{note}" if note else "")


def learnt(record: ReleaseRecord) -> str:
    parts = {"retriever": record.retriever_adapter, "generator": record.generator_adapter}
    return " and ".join(name for name, adapter in parts.items() if adapter) or "nothing"


def promote_question(record: ReleaseRecord) -> Message:
    """Asked before a release goes live."""
    text = f"Shall release {record.id} answer from now on?\n{release_line(record)}"
    sure = f"Release {record.id} takes over within seconds; no question is lost."
    button = asking(PROMOTE, str(record.id), f"Promote {record.id}", "primary", sure)
    return Message(text, (section(text), buttons(button)))


def rollback_question(live: ReleaseRecord) -> Message:
    """Asked before the live release is taken back."""
    to = f"release {live.parent_id}" if live.parent_id is not None else "the one before"
    text = f"Shall {to} answer again, in place of the live one?\n{release_line(live)}"
    sure = f"Release {live.id} is kept and can be promoted again."
    button = asking(ROLL_BACK, str(live.id), "Roll back", "danger", sure)
    return Message(text, (section(text), buttons(button)))


def now_live_message(record: ReleaseRecord, act: str) -> Message:
    """`act` is what was done: promoted, or rolled back."""
    return plain_message(f"✅ {act}: release {record.id} answers from now on.")


def asking(action: str, value: str, label: str, style: str, sure: str) -> Block:
    """A button behind which Slack asks once more."""
    return button(action, value, label) | {
        "style": style,
        "confirm": {
            "title": plain("Are you sure?"),
            "text": plain(sure),
            "confirm": plain("Yes"),
            "deny": plain("No"),
            "style": style,
        },
    }


def button(action: str, value: str, label: str) -> Block:
    return {"type": "button", "action_id": action, "value": value, "text": plain(label)}


def buttons(*elements: Block) -> Block:
    leave = button(LEAVE, "leave", "Leave it")
    return {"type": "actions", "elements": [*elements, leave]}


def plain_message(text: str) -> Message:
    return Message(text, (section(text),))


def listed(head: str, lines: Iterable[str]) -> Message:
    shown = list(lines)
    return Message("\n".join([head, *shown]), (section(head), *map(context, shown[:MAX_LINES])))
