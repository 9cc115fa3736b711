"""Which events are stored: what people ask, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox import Asked, Question, Withdrawn, keep, may_be_an_aside, read
from bot.lorebot import Lorebot
from db import inbox
from db.early_votes import Vote

BOT = "U0LOREBOT"
TEAM = "T0ORBITDESK"


def event(kind: str = "message", **fields: Any) -> dict[str, Any]:
    """An event as Slack sends it; a field that is None is left out."""
    values = {
        "type": kind,
        "user": "U1",
        "channel": "C1",
        "ts": "1700000000.000100",
        "text": "why?",
        "channel_type": "channel",
    }
    shown = {name: value for name, value in (values | fields).items() if value is not None}
    envelope = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1"}
    return envelope | {"event": shown}


def mention(**fields: Any) -> dict[str, Any]:
    return event("app_mention", **({"text": f"<@{BOT}> why?", "channel_type": None} | fields))


def asked(body: dict[str, Any]) -> Asked:
    kept = read(body, BOT)
    assert isinstance(kept, Asked)
    return kept


def test_a_mention_is_a_question_in_its_own_thread() -> None:
    kept = asked(mention())
    assert (kept.question.asker, kept.question.text) == ("U1", f"<@{BOT}> why?")
    assert kept.question.thread_ts == kept.question.ts == "1700000000.000100"
    assert not kept.in_thread_only


def test_a_direct_message_is_a_question() -> None:
    assert not asked(event(channel_type="im", channel="D1")).in_thread_only


def test_a_reply_counts_only_where_the_bot_takes_part() -> None:
    assert asked(event(thread_ts="1600000000.000100")).in_thread_only


def test_a_reply_that_names_the_bot_counts_too() -> None:
    assert asked(event(thread_ts="1600000000.000100", text=f"<@{BOT}|lorebot> why?"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"thread_ts": "1700000000.000100"},
        {"thread_ts": "1600000000.000100", "text": " <@U2> what do you think?"},
        {"thread_ts": "1600000000.000100", "text": "<@U2|noor> and you?"},
        {"channel_type": "im", "bot_id": "B1"},
        {"channel_type": "im", "bot_profile": {"id": "B1"}},
        {"channel_type": "im", "subtype": "bot_message"},
        {"channel_type": "im", "subtype": "message_changed"},
        {"channel_type": "im", "subtype": "channel_join"},
        {"channel_type": "im", "edited": {"user": "U1", "ts": "1"}},
        {"channel_type": "im", "user": BOT},
        {"channel_type": "im", "user": "USLACKBOT"},
        {"channel_type": "im", "user": None},
        {"channel_type": "im", "text": None},
        {"channel_type": "im", "ts": 1700000000},
        {"channel_type": "im", "ts": "1" * 40},
        {"channel_type": "im", "channel": "C1; DROP TABLE"},
        {"channel_type": "im", "thread_ts": None, "user": ["U1"]},
    ],
)
def test_everything_else_in_a_conversation_is_left_alone(fields: dict[str, Any]) -> None:
    assert read(event(**fields), BOT) is None


@pytest.mark.parametrize("fields", [{"edited": {"ts": "1"}}, {"bot_id": "B1"}, {"user": BOT}])
def test_mentions_by_bots_and_in_edits_are_left_alone(fields: dict[str, Any]) -> None:
    assert read(mention(**fields), BOT) is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_a_message_with_a_file_or_sent_to_the_channel_too_is_a_question(subtype: str) -> None:
    assert asked(event(channel_type="im", subtype=subtype))


@pytest.mark.parametrize(
    ("body", "private"),
    [
        (event(text=f"<@{BOT}> why?"), False),
        (event(text=f"<@{BOT}> why?", channel_type="group"), True),
        (event(thread_ts="1600000000.000100", channel_type="mpim", text=f"<@{BOT}> why?"), True),
        (event(channel_type="im", channel="D1"), True),
        (mention(), None),
        (mention(channel_type=["channel"]), None),
    ],
)
def test_a_question_knows_whether_everybody_may_read_there(
    body: dict[str, Any], private: bool | None
) -> None:
    assert asked(body).question.private is private


def test_of_a_mentions_two_events_either_may_come_first(lorebot: Lorebot) -> None:
    said = f"<@{BOT}> why?"
    assert keep(lorebot.database, lorebot.desk, asked(mention()))
    other = asked(event(text=said) | {"event_id": "Ev2"})
    assert not keep(lorebot.database, lorebot.desk, other)
    item = inbox.claim(lorebot.database, "worker", dt.timedelta(minutes=1))
    assert item is not None
    assert item.payload["private"] is False


def test_a_text_is_cut_and_loses_what_databases_refuse() -> None:
    kept = asked(mention(text="a\x00" * 100_000))
    assert len(kept.question.text) <= 25_000
    assert "\x00" not in kept.question.text


def test_a_deletion_takes_the_message_back() -> None:
    body = event(subtype="message_deleted", deleted_ts="1700000000.000100")
    assert read(body, BOT) == Withdrawn(TEAM, "C1", "1700000000.000100")


def reaction(name: str, item_user: str = BOT, **item: Any) -> dict[str, Any]:
    place = {"type": "message", "channel": "C1", "ts": "1.5"} | item
    return event("reaction_added", reaction=name, item=place, item_user=item_user)


@pytest.mark.parametrize(
    ("name", "value"), [("+1", 1), ("thumbsup", 1), ("-1", -1), ("+1::skin-tone-4", 1)]
)
def test_thumbs_under_the_bots_message_are_votes(name: str, value: int) -> None:
    assert read(reaction(name), BOT) == Vote(TEAM, "C1", "1.5", "U1", value)


@pytest.mark.parametrize(
    "body", [reaction("tada"), reaction("+1", "U2"), reaction("+1", ts=None), event("team_join")]
)
def test_other_reactions_and_events_are_left_alone(body: dict[str, Any]) -> None:
    assert read(body, BOT) is None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = (
    "type user channel ts text thread_ts item subtype deleted_ts reaction channel_type item_user "
    "edited bot_id"
)
FIELDS = st.dictionaries(st.sampled_from(NAMES.split()), JUNK)
KINDS = st.sampled_from(["message", "app_mention", "reaction_added"])


@settings(max_examples=300, deadline=None)
@given(JUNK, JUNK, KINDS, FIELDS)
def test_malformed_events_are_left_alone_without_an_error(
    team: Any, event_id: Any, kind: str, fields: dict[str, Any]
) -> None:
    body = {"type": "event_callback", "team_id": team, "event_id": event_id}
    assert read(body | {"event": {"type": kind} | fields}, BOT) is None or isinstance(team, str)


@pytest.mark.parametrize("body", [{}, {"type": "event_callback"}, {"event": []}, {"event": "x"}])
def test_what_is_no_event_is_left_alone(body: dict[str, Any]) -> None:
    assert read({"type": "event_callback"} | body, BOT) is None


def test_a_redelivery_and_a_twin_are_stored_once(lorebot: Lorebot) -> None:
    twin = event(thread_ts="1700000000.000100") | {"event_id": "Ev2"}
    twin["event"]["channel_type"] = "im"
    stored = [keep(lorebot.database, lorebot.desk, asked(b)) for b in (mention(), mention(), twin)]
    assert stored == [True, False, False]
    assert inbox.count_unfinished(lorebot.database) == 1


REPLY = event(thread_ts="1700000000.000100", ts="1700000001.000100") | {"event_id": "Ev9"}


def test_a_reply_elsewhere_is_not_stored(lorebot: Lorebot) -> None:
    assert not keep(lorebot.database, lorebot.desk, asked(REPLY))


def test_a_reply_is_stored_while_the_first_answer_is_still_on_its_way(lorebot: Lorebot) -> None:
    keep(lorebot.database, lorebot.desk, asked(mention()))
    assert keep(lorebot.database, lorebot.desk, asked(REPLY))


def test_a_reply_is_stored_where_the_bot_was_called_into_a_thread(lorebot: Lorebot) -> None:
    call = mention(thread_ts="1700000000.000100", ts="1700000000.000900")
    keep(lorebot.database, lorebot.desk, asked(call))
    assert keep(lorebot.database, lorebot.desk, asked(REPLY))


def test_a_reply_is_stored_where_the_bot_has_answered(lorebot: Lorebot) -> None:
    thread = "1700000000.000100"
    lorebot.desk.ask("Apollo landing?", surface="slack", team=TEAM, channel="C1", thread_ts=thread)
    assert keep(lorebot.database, lorebot.desk, asked(REPLY))


def test_a_deleted_question_is_dropped(lorebot: Lorebot) -> None:
    keep(lorebot.database, lorebot.desk, asked(mention()))
    keep(lorebot.database, lorebot.desk, Withdrawn(TEAM, "C1", "1700000000.000100"))
    assert not inbox.anything_due(lorebot.database)


def reply(text: str, **fields: Any) -> Question:
    return asked(event(thread_ts="1600000000.000100", text=text, **fields)).question


@pytest.mark.parametrize(
    "text",
    [
        "that is what I thought",
        "thanks, <@U2>, I will try it",
        "see <https://wiki.example/?page=3>",
        "I wonder, but never mind",
        "好的，谢谢",
    ],
)
def test_what_is_no_question_may_be_said_between_people(text: str) -> None:
    assert may_be_an_aside(reply(text))


@pytest.mark.parametrize(
    "text",
    [
        "and for contractors?",
        "what about contractors",
        "and how long does it take",
        "Wie lange dauert das",
        "pourquoi pas",
        "合同工什么时候归还",
        "真的？",
        f"<@{BOT}> thanks",
        f"it is late, <@{BOT}|lorebot>",
    ],
)
def test_a_question_or_a_call_is_no_aside(text: str) -> None:
    assert not may_be_an_aside(reply(text))


def test_in_a_direct_message_nothing_is_an_aside() -> None:
    assert not may_be_an_aside(reply("contractors", channel_type="im", channel="D1"))


def test_the_first_message_of_a_thread_is_no_aside() -> None:
    assert not may_be_an_aside(asked(mention(text=f"<@{BOT}> Apollo")).question)
