"""Questions through the real websocket: one visible answer for each, and none for what is none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from bot.lorebot import Lorebot
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from db import inbox, interactions

ANSWER = "Apollo 11 landed on the Moon on 20 July 1969. [1]"
QUESTION = "when was the Apollo landing?"
MENTION = f"@lorebot {QUESTION}"


def test_a_mention_is_answered_in_its_thread(talk: Any, lorebot: Lorebot) -> None:
    ts = talk.ask(MENTION)
    [answer] = talk.answers(ts)
    talk.settled(lorebot)
    [stored] = interactions.recent_of(lorebot.database, "T0ORBITDESK", "U0NOORHADAD", 5)
    assert answer.text == ANSWER
    assert (stored.question, stored.surface) == (QUESTION, "workspace")
    assert (stored.thread_ts, stored.question_ts, stored.answer_ts) == (ts, ts, answer.ts)


def test_the_answer_carries_its_interaction_and_unfurls_nothing(
    talk: Any, workspace: Workspace
) -> None:
    answer = talk.answered()
    [call] = workspace.calls("chat.postMessage")
    assert answer.metadata["event_type"] == "lorebot_answer"
    assert len(answer.metadata["event_payload"]["interaction_id"]) == 32
    assert str(call.args["unfurl_links"]).lower() in ("false", "0")
    assert str(call.args["unfurl_media"]).lower() in ("false", "0")


def test_a_direct_message_needs_no_mention(talk: Any, workspace: Workspace) -> None:
    workspace.post("mei", "@lorebot", QUESTION)
    calls = workspace.wait_for(lambda: workspace.calls("chat.postMessage"))
    assert calls[0].args["text"] == ANSWER


def privacy(lorebot: Lorebot, user: str) -> list[bool | None]:
    recent = interactions.recent_of(lorebot.database, "T0ORBITDESK", user, 5)
    return [record.private for record in recent]


def test_a_question_is_stored_with_whether_everybody_may_read_there(
    talk: Any, workspace: Workspace, lorebot: Lorebot
) -> None:
    talk.answered(MENTION.removeprefix("@lorebot "))
    workspace.post("noor", "#curators", MENTION)
    workspace.post("mei", "@lorebot", QUESTION)
    workspace.wait_for(lambda: len(workspace.calls("chat.postMessage")) == 3)
    talk.settled(lorebot)
    assert privacy(lorebot, "U0NOORHADAD") == [True, False]
    assert privacy(lorebot, "U0MEITANAKA") == [True]


def test_a_follow_up_needs_no_mention(talk: Any) -> None:
    ts = talk.ask(MENTION)
    talk.answers(ts)
    talk.ask("and which planet did Cassini orbit?", thread_ts=ts)
    answers = talk.answers(ts, count=2)
    assert answers[1].text == "Cassini orbited Saturn for thirteen years. [1]"


def test_a_follow_up_is_answered_even_if_it_comes_before_the_answer(
    talk: Any, knowledge: Any
) -> None:
    knowledge.delay_s = 0.3
    ts = talk.ask(MENTION)
    talk.workspace.wait_for(lambda: knowledge.asked)
    talk.ask("which planet did Cassini orbit?", thread_ts=ts)
    assert len(talk.answers(ts, count=2)) == 2


def test_a_reply_to_somebody_else_is_left_alone(talk: Any, lorebot: Lorebot) -> None:
    ts = talk.ask(MENTION)
    talk.answers(ts)
    talk.ask("<@U0MEITANAKA> is that right about Apollo?", thread_ts=ts)
    talk.ask("@lorebot which planet did Cassini orbit?", thread_ts=ts)
    talk.answers(ts, count=2)
    talk.settled(lorebot)
    assert len(talk.said(ts)) == 2


def test_conversations_without_the_bot_are_not_stored(talk: Any, lorebot: Lorebot) -> None:
    ts = talk.ask("does anybody know about Apollo?")
    talk.ask("yes, Apollo was a programme", user="mei", thread_ts=ts)
    talk.answered()
    talk.settled(lorebot)
    with lorebot.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM inbox")).scalar() == 1


def test_an_edit_is_not_answered_again(talk: Any, workspace: Workspace, lorebot: Lorebot) -> None:
    ts = talk.ask(MENTION)
    talk.answers(ts)
    workspace.edit("noor", "#ask-lore", ts, f"{MENTION} please")
    talk.answered("which planet did Cassini orbit?")
    talk.settled(lorebot)
    assert len(talk.said(ts)) == 1


def test_a_redelivered_event_is_answered_once(
    talk: Any, workspace: Workspace, lorebot: Lorebot
) -> None:
    workspace.faults.repeat_events(6)
    ts = talk.ask(MENTION)
    talk.answered("which planet did Cassini orbit?")
    talk.settled(lorebot)
    assert [answer.text for answer in talk.said(ts)] == [ANSWER]


def test_a_lost_acknowledgement_makes_no_second_answer(
    talk: Any, workspace: Workspace, lorebot: Lorebot
) -> None:
    workspace.faults.lose_acks(3)
    ts = talk.ask(MENTION)
    talk.answers(ts)
    talk.answered("which planet did Cassini orbit?")
    talk.settled(lorebot)
    assert len(talk.said(ts)) == 1


def test_while_the_database_is_away_nothing_is_acknowledged_and_nothing_lost(
    talk: Any, lorebot: Lorebot, caplog: pytest.LogCaptureFixture
) -> None:
    rename(lorebot, "inbox", "inbox_away")
    ts = talk.ask("@lorebot my secret: when was the Apollo landing?")
    talk.workspace.wait_for(lambda: "an event was not stored" in caplog.text)
    rename(lorebot, "inbox_away", "inbox")
    assert len(talk.answers(ts)) == 1
    assert "my secret" not in caplog.text


def rename(lorebot: Lorebot, old: str, new: str) -> None:
    with lorebot.database.writing() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_deleted_question_gets_no_answer(
    talk: Any, workspace: Workspace, knowledge: Any, lorebot: Lorebot
) -> None:
    knowledge.delay_s = 0.5
    ts = talk.ask(MENTION)
    workspace.wait_for(lambda: knowledge.asked)
    workspace.delete("noor", "#ask-lore", ts)
    talk.answered("which planet did Cassini orbit?")
    assert not [call for call in workspace.calls("chat.postMessage") if ANSWER in str(call)]


def test_a_mention_without_a_question_gets_a_sentence(talk: Any, lorebot: Lorebot) -> None:
    [answer] = talk.answers(talk.ask("@lorebot"))
    talk.settled(lorebot)
    assert answer.text == "I could not find a question in that. Ask me in a sentence."
    assert interactions.count(lorebot.database) == 0


def test_a_question_as_long_as_slack_allows_gets_a_sentence(talk: Any) -> None:
    [answer] = talk.answers(talk.ask("@lorebot " + "why " * 9_000))
    assert answer.text.startswith("That is too long for me")


def test_when_nothing_answers_the_nearest_documents_are_named(talk: Any) -> None:
    answer = talk.answered("who baked the bread?")
    assert answer.text == "I could not find an answer to that in the documents."
    assert "Saturn V" in str(answer.blocks[1])


def test_a_status_is_shown_while_the_documents_are_read(
    talk: Any, workspace: Workspace, knowledge: Any
) -> None:
    knowledge.delay_s = 0.5
    ts = talk.ask(MENTION)
    shown = workspace.wait_for(lambda: workspace.status("#ask-lore", ts))
    assert shown == "is reading the documents…"


def test_an_answer_does_not_depend_on_the_status(talk: Any, workspace: Workspace) -> None:
    workspace.faults.fail("assistant.threads.setStatus", "internal_error", times=9)
    assert talk.answered().text == ANSWER


def test_events_that_nobody_waits_for_are_acknowledged(
    talk: Any, workspace: Workspace, lorebot: Lorebot, caplog: pytest.LogCaptureFixture
) -> None:
    talk.ask("good morning")
    workspace.react("mei", "#ask-lore", talk.ask("hello"), "tada")
    talk.settled(lorebot)
    assert "gave up" not in caplog.text.lower()
    assert "nothing listens to" not in caplog.text


def test_after_a_dropped_connection_questions_are_answered_again(
    talk: Any, workspace: Workspace, running: RunningBot
) -> None:
    workspace.disconnect()
    workspace.wait_for(lambda: workspace.connected)
    assert talk.answered().text == ANSWER


def test_many_questions_at_once_are_all_answered_once(talk: Any, lorebot: Lorebot) -> None:
    asked = [talk.ask(MENTION) for _ in range(20)]
    talk.workspace.wait_for(lambda: all(talk.said(ts) for ts in asked), timeout=30)
    talk.settled(lorebot)
    assert [len(talk.said(ts)) for ts in asked] == [1] * 20
    assert inbox.count_unfinished(lorebot.database) == 0
