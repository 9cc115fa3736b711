"""An answer as Block Kit: its text, its numbered sources and the feedback buttons. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.markdown import flat, to_mrkdwn
from bot.mrkdwn import escape, link, one_line
from db.interactions import InteractionRecord, PassageRecord

Block = dict[str, Any]

MAX_SECTION = 3000
MAX_BLOCKS = 48
"""Slack takes 50."""
MAX_MESSAGE = 11_000
"""Characters over all blocks; beyond some 13,000 Slack answers msg_blocks_too_long."""
MAX_FALLBACK = 3000
MAX_TITLE = 120
MAX_QUOTE = 300
MAX_REMARK = 500
NEAREST = 3
STOPPED = "Stopped on request: this is how far the answer had come."

FEEDBACK = "feedback"
VOTES = {"up": 1, "down": -1}
EXPERT = "lorebot_expert"
VOTE = re.compile(r"([0-9a-f]{32}):(up|down)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Message:
    """What chat.postMessage is given; `text` is for notifications."""

    text: str
    blocks: tuple[Block, ...]


def answer_messages(record: InteractionRecord, experts: bool = False) -> list[Message]:
    """The answer in one message, or in more if it is longer than Slack takes.

    With `experts` there are people who can be asked where the documents do not answer.
    """
    blocks = [section(text) for text in to_mrkdwn(record.answer, MAX_SECTION)]
    blocks += remark(record.notice)
    blocks += nearest(record) if record.abstained else sources(record)
    blocks += remark(searched_for(record))
    if experts and record.abstained and record.passages:
        blocks.append(expert_button(str(record.id)))
    blocks.append(feedback_buttons(str(record.id)))
    shown = escape(one_line(flat(record.answer), MAX_FALLBACK // 2))[:MAX_FALLBACK]
    first, *rest = packed(blocks)
    return [
        Message(shown or "Sources", first),
        *(Message("… continued", blocks) for blocks in rest),
    ]


def remark(text: str) -> list[Block]:
    """A line in small print, if there is something to say."""
    line = one_line(text, MAX_REMARK)
    return [context(escape(line))] if line else []


def searched_for(record: InteractionRecord) -> str:
    """What a follow-up was taken to mean."""
    meant = record.standalone
    return f"Searched for: {meant}" if meant and meant != record.question else ""


def sentence_message(sentence: str) -> Message:
    """A plain sentence, such as a refusal."""
    text = escape(sentence)
    return Message(text, (section(text),))


def sources(record: InteractionRecord) -> list[Block]:
    cited = [passage for passage in record.passages if passage.citation is not None]
    return [context(source(passage)) for passage in sorted(cited, key=number_of)]


def number_of(passage: PassageRecord) -> int:
    return passage.citation or 0


def source(passage: PassageRecord) -> str:
    """`[1] Title › heading` with the title linked, and the quoted sentence below."""
    line = f"[{passage.citation}] {place(passage)}"
    quote = escape(one_line(flat(passage.quote or ""), MAX_QUOTE))
    if not quote:
        return line
    # An address in the quote is shown as code, which does not go into italics.
    return f"{line}\n“{quote}”" if "`" in quote else f"{line}\n_“{quote}”_"


def place(passage: PassageRecord) -> str:
    title = link(passage.uri, one_line(passage.title or passage.path, MAX_TITLE))
    heading = escape(one_line(passage.heading, MAX_TITLE))
    return f"{title} › {heading}" if heading else title


def nearest(record: InteractionRecord) -> list[Block]:
    """The documents that came nearest to the question, each once, best first."""
    best: dict[str, PassageRecord] = {}
    for passage in record.passages:
        best.setdefault(passage.path, passage)
    if not best:
        return []
    lines = [f"• {place(passage)}" for passage in list(best.values())[:NEAREST]]
    return [context("\n".join(["The nearest documents I have:", *lines]))]


def feedback_buttons(interaction_id: str) -> Block:
    def button(text: str, label: str, vote: str) -> Block:
        return {
            "text": {"type": "plain_text", "text": text, "emoji": True},
            "accessibility_label": label,
            "value": f"{interaction_id}:{vote}",
        }

    buttons = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": button("👍 Helpful", "This answer was helpful", "up"),
        "negative_button": button("👎 Not helpful", "This answer was not helpful", "down"),
    }
    return {"type": "context_actions", "block_id": FEEDBACK, "elements": [buttons]}


def expert_button(interaction_id: str) -> Block:
    button = {
        "type": "button",
        "action_id": EXPERT,
        "text": {"type": "plain_text", "text": "Ask an expert", "emoji": True},
        "accessibility_label": "Ask the people who keep these documents",
        "value": interaction_id,
    }
    return {"type": "actions", "block_id": EXPERT, "elements": [button]}


def asked_for_help(names: str, question: str) -> str:
    return (
        f"{names}, can you help? The documents do not answer this:\n&gt; {escape(flat(question))}"
    )


def read_vote(value: str) -> tuple[str, int] | None:
    """Interaction id and vote, +1 or −1, of a button's value; None if it is not one of ours."""
    match = VOTE.fullmatch(value)
    return (match[1], VOTES[match[2]]) if match else None


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def packed(blocks: Iterable[Block]) -> list[tuple[Block, ...]]:
    """The blocks in as few messages as Slack's limits allow."""
    messages: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        size += size_of(block)
        if messages[-1] and (size > MAX_MESSAGE or len(messages[-1]) == MAX_BLOCKS):
            messages.append([])
            size = size_of(block)
        messages[-1].append(block)
    return [tuple(message) for message in messages]


def size_of(block: Block) -> int:
    texts = [block.get("text", {}), *block.get("elements", ())]
    return sum(len(str(text.get("text", ""))) for text in texts) + 100
