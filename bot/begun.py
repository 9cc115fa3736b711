"""What of an answer is in a thread already: its finished messages, and the one being written. Pure.

A message in which an answer is being written carries a block that names the question. It comes
with the very call that makes the message, so a worker may be killed at any moment: whoever takes
the question over finds the message by that block and completes it, instead of posting another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.blocks import Block, context
from bot.inbox import Question

EVENT_TYPE = "lorebot_answer"
WRITING = "lorebot_writing"


@dataclass(frozen=True, slots=True)
class Begun:
    """A message in which an answer is being written, or was until its worker died."""

    ts: str
    streaming: bool
    """Whether it may still be a stream."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The finished messages of an answer, by part with their ts, and those that were begun."""

    parts: dict[int, str] = field(default_factory=dict)
    begun: list[Begun] = field(default_factory=list)


def writing_block(question: Question, text: str) -> Block:
    return context(text) | {"block_id": written_for(question)}


def written_for(question: Question) -> str:
    return f"{WRITING}:{question.ts}"


def posted_in(
    replies: Iterable[Mapping[str, Any]], question: Question, mark: Mapping[str, Any]
) -> Posted:
    """`mark` is what the metadata of the finished messages says."""
    found = Posted()
    for message in replies:
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT_TYPE and mark.items() <= payload.items():
            found.parts[int(payload.get("part", 0))] = str(message["ts"])
        elif is_written_for(question, message):
            found.begun.append(Begun(str(message["ts"]), streaming=True))
    return found


def is_written_for(question: Question, message: Mapping[str, Any]) -> bool:
    named = (block.get("block_id") for block in message.get("blocks") or [])
    return message.get("user") == question.bot_user and written_for(question) in named


def follows_another(question: Question, replies: Iterable[Mapping[str, Any]]) -> bool:
    """Whether what stands before this message in its thread is another person's."""
    before = [m for m in replies if float(m["ts"]) < float(question.ts)]
    last = before[-1].get("user") if before else None
    return last not in (None, question.asker, question.bot_user)
