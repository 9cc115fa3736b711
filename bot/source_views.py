"""What admins see of the sources in Slack. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.blocks import Message, context, section
from bot.mrkdwn import code, escape, one_line
from bot.sources import SourceStatus, audience_words
from bot.views import when
from knowledge.sources.settings import SLACK_ID

MAX_SOURCES = 20
"""A message takes no more than fifty blocks."""
LONGEST_ERROR = 200
MAX_OWNERS = 5


def sources_message(sources: Sequence[SourceStatus]) -> Message:
    """Each source with what it holds, who reads it, how it was read, and when it will be."""
    lines = [source_lines(source) for source in sources]
    more = len(sources) - MAX_SOURCES
    shown = [section(line) for line in lines[:MAX_SOURCES]]
    if more > 0:
        shown.append(context(f"and {more:,} more; `lorebot sources` shows them all."))
    return Message("\n\n".join(lines), tuple(shown))


def source_lines(source: SourceStatus) -> str:
    owners = "".join(f" · {person(owner)}" for owner in source.owners[:MAX_OWNERS])
    schedule = f" · next {when(source.next_run)}" if source.next_run else ""
    lines = [
        f"*{escape(source.name)}* ({source.kind}, {audience_words(source.audience)}){owners}",
        f"{source.documents:,} documents in {source.passages:,} passages · "
        f"last read {when(source.read_at)}{schedule}",
    ]
    if source.schedule:
        lines[1] += f" by {code(source.schedule)}"
    if source.error is not None:
        lines.append(f"⚠️ {escape(one_line(source.error, LONGEST_ERROR))}")
    return "\n".join(lines)


def person(owner: str) -> str:
    return f"<@{owner}>" if SLACK_ID.fullmatch(owner) else escape(owner)


def with_errors(message: Message, errors: Mapping[str, str]) -> Message:
    """A message with the sources below it that could not be read."""
    lines = [
        f"⚠️ *{escape(name)}* could not be read: {escape(one_line(error, LONGEST_ERROR))}"
        for name, error in list(errors.items())[:MAX_SOURCES]
    ]
    text = "\n".join([message.text, *lines])
    return Message(text, (*message.blocks, *map(context, lines)))
