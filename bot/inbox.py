"""Which events are stored before they are acknowledged, and what of them. Pure but for `keep`."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from bot.desk import Desk
from db import inbox, interactions
from db.early_votes import Vote
from db.engine import Database
from db.inbox import NewEvent
from knowledge.audience import Reader

LONGEST_TEXT = 25_000
"""Longer texts are refused as questions anyway."""
SPOKEN = (None, "file_share", "thread_broadcast")
"""The subtypes of messages that a person has written."""
PRIVATE = {"channel": False, "group": True, "mpim": True, "im": True}
THUMBS = {"+1": 1, "thumbsup": 1, "-1": -1, "thumbsdown": -1}
SLACKBOT = "USLACKBOT"
ID = re.compile(r"[A-Za-z0-9.\-]{1,32}", re.ASCII)
EVENT_ID = re.compile(r"[\w.\-]{1,64}", re.ASCII)
MENTION = re.compile(r"\s*<@(\w+)(?:\|[^<>]*)?>", re.ASCII)
QUESTION_MARK = re.compile("[?\uff1f\u061f]")
INTERROGATIVE = re.compile(
    r"\W*(?:(?:and|but|so|or|und|aber|et|mais|y|pero|e|ma)\s+)?"
    r"(?:(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will|"
    r"would|should|may|shall|has|have|tell me|explain|show me|"
    r"wer|wen|wem|was|wann|wo|wohin|woher|welche[rsmn]?|warum|wieso|wie|kann|darf|muss|gibt es|"
    r"qui|que|quoi|quand|où|quel(?:le)?s?|pourquoi|comment|combien|est-ce|peut-on|"
    r"quién|qué|cuándo|dónde|cuál(?:es)?|por qué|cómo|cuánt[oa]s?|"
    r"chi|cosa|quando|dove|quale|perché|come|quanto)\b)",
    re.IGNORECASE,
)
"""The words by which a question begins, where people leave out the question mark."""
CHINESE_INTERROGATIVE = re.compile("谁|什么|何时|哪|怎么|怎样|如何|多少|是否|能不能|吗")
"""In Chinese they stand anywhere."""
SLACK_MARKUP = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Question:
    """A message to answer; it is the inbox event's payload. `text` is as Slack sent it."""

    team: str
    channel: str
    ts: str
    thread_ts: str
    asker: str
    text: str
    bot_user: str
    private: bool | None = None
    """Whether only some of the team may read there; None if the event does not say."""

    @property
    def reader(self) -> Reader:
        """Everybody in the channel; in a direct message (its id begins with D) the asker alone."""
        if self.channel.startswith("D"):
            return Reader(person=self.asker)
        return Reader(channel=self.channel)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question arrived; `in_thread` ones count only where the bot takes part."""

    event_id: str
    question: Question
    in_thread_only: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A message was deleted."""

    team: str
    channel: str
    ts: str


Kept = Asked | Withdrawn | Vote


def read(body: dict[str, Any], bot_user: str) -> Kept | None:
    """What an event asks of Lorebot; None for everything that is none of its business."""
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, dict):
        return None
    if event.get("type") == "reaction_added":
        return read_reaction(body, event, bot_user)
    if event.get("type") == "message" and event.get("subtype") == "message_deleted":
        return read_deletion(body, event)
    if event.get("type") in ("message", "app_mention"):
        return read_message(body, event, bot_user)
    return None


def read_message(body: dict[str, Any], event: dict[str, Any], bot_user: str) -> Asked | None:
    ids = [body.get("team_id"), event.get("channel"), event.get("ts"), event.get("user")]
    text, event_id = event.get("text"), body.get("event_id")
    thread_ts = event.get("thread_ts", event.get("ts"))
    if not all(map(is_id, [*ids, thread_ts])) or not isinstance(text, str):
        return None
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        return None
    if not is_from_a_person(event, bot_user):
        return None
    team, channel, ts, asker = map(str, ids)
    text = text[:LONGEST_TEXT].replace("\x00", "")
    kind = event.get("channel_type")
    private = is_private(kind, str(ids[1]))
    question = Question(team, channel, ts, str(thread_ts), asker, text, bot_user, private)
    # A mention comes twice, and of the two events `message` alone says what channel it is.
    if event["type"] == "app_mention" or kind == "im" or mentions(text, bot_user):
        return Asked(event_id, question, in_thread_only=False)
    follows = thread_ts != ts and kind in ("channel", "group")
    if not follows or is_to_another(text, bot_user):
        return None
    return Asked(event_id, question, in_thread_only=True)


def is_private(kind: Any, channel: str) -> bool | None:
    if channel.startswith("D"):
        return True
    return PRIVATE.get(kind) if isinstance(kind, str) else None


def mentions(text: str, user: str) -> bool:
    return re.search(rf"<@{re.escape(user)}[|>]", text) is not None


def is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_from_a_person(event: dict[str, Any], bot_user: str) -> bool:
    """Not the bot's own, not another bot's, not an edit, a join or anything else of Slack's own."""
    if event.get("bot_id") or event.get("bot_profile") or event.get("edited"):
        return False
    return event.get("subtype") in SPOKEN and event.get("user") not in (bot_user, SLACKBOT)


def is_to_another(text: str, bot_user: str) -> bool:
    """Whether a message begins by addressing somebody else."""
    match = MENTION.match(text)
    return match is not None and match[1] != bot_user


def may_be_an_aside(question: Question) -> bool:
    """Whether a message may be said between people: in a thread of theirs, no question, no call."""
    in_thread = question.thread_ts != question.ts and not question.channel.startswith("D")
    calls = f"<@{question.bot_user}" in question.text
    return in_thread and not calls and not asks(question.text)


def asks(text: str) -> bool:
    """Whether a message is put as a question: by a question mark, or by the word it begins with."""
    said = SLACK_MARKUP.sub(" ", text)
    signs = (QUESTION_MARK.search, INTERROGATIVE.match, CHINESE_INTERROGATIVE.search)
    return any(sign(said) for sign in signs)


def read_deletion(body: dict[str, Any], event: dict[str, Any]) -> Withdrawn | None:
    ids = (body.get("team_id"), event.get("channel"), event.get("deleted_ts"))
    return Withdrawn(*map(str, ids)) if all(map(is_id, ids)) else None


def read_reaction(body: dict[str, Any], event: dict[str, Any], bot_user: str) -> Vote | None:
    item = event.get("item")
    item = item if isinstance(item, dict) else {}
    ids = (body.get("team_id"), item.get("channel"), item.get("ts"), event.get("user"))
    # A skin tone follows the name: "+1::skin-tone-2".
    value = THUMBS.get(str(event.get("reaction")).partition("::")[0])
    if value is None or not all(map(is_id, ids)) or event.get("item_user") != bot_user:
        return None
    team, channel, ts, rater = map(str, ids)
    return Vote(team, channel, ts, rater, value)


def keep(database: Database, desk: Desk, kept: Kept) -> bool:
    """Store it, committed on return; True if there is a new question to answer."""
    if isinstance(kept, Withdrawn):
        inbox.withdraw(database, kept.team, kept.channel, kept.ts)
        return False
    if isinstance(kept, Vote):
        desk.rate_message(kept)
        return False
    question = kept.question
    if kept.in_thread_only and not takes_part(database, question):
        return False
    event = NewEvent(kept.event_id, question.team, question.channel, question.ts, asdict(question))
    new = inbox.receive(database, event)
    if not new and question.private is not None:
        place = (question.team, question.channel, question.ts)
        inbox.tell_private(database, *place, question.private)
    return new


def takes_part(database: Database, question: Question) -> bool:
    """Whether the bot has answered in this thread, or is about to."""
    thread = (question.team, question.channel, question.thread_ts)
    return interactions.takes_part(database, *thread) or inbox.has_thread(database, *thread)
