"""Votes and corrections through the websocket: stored before they are confirmed, once a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from sqlalchemy import text

from bot.blocks import feedback_buttons
from bot.lorebot import Lorebot
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from bot.workspace.refusal import Denied
from db import feedback, verified
from db.feedback import RatingCount

FEEDBACK = "feedback"
TEAM = "T0ORBITDESK"


def interaction(answer: Any) -> str:
    return str(answer.metadata["event_payload"]["interaction_id"])


@pytest.fixture
def vote(workspace: Workspace) -> Callable[..., None]:
    """Press 👍 (`up`) or 👎 (`down`) under an answer."""

    def press(answer: Any, way: str, user: str = "noor") -> None:
        buttons = answer.blocks[-1]["elements"][0]
        side = {"up": "positive_button", "down": "negative_button"}[way]
        workspace.click(user, "#ask-lore", answer.ts, FEEDBACK, buttons[side]["value"])

    return press


Vote = Callable[..., None]


def test_a_thumb_up_is_stored_and_thanked_for_in_the_thread(
    talk: Any, vote: Vote, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    vote(answer, "up")
    assert feedback.vote_of(lorebot.database, interaction(answer), "U0NOORHADAD") == 1
    thanks = talk.workspace.wait_for(lambda: talk.whispered(answer.thread_ts))
    assert thanks == ["👍 Noted, thank you."]


def test_thanks_are_for_the_voter_alone(talk: Any, vote: Vote) -> None:
    answer = talk.answered()
    vote(answer, "up")
    talk.workspace.wait_for(lambda: talk.whispered(answer.thread_ts))
    assert talk.whispered(answer.thread_ts, user="mei") == []


def test_clicking_ten_times_is_one_vote(talk: Any, vote: Vote, lorebot: Lorebot) -> None:
    answer = talk.answered()
    assert [vote(answer, "up") for _ in range(10)]
    assert feedback.count_ratings(lorebot.database) == RatingCount(up=1, down=0)


def test_the_last_vote_wins_and_the_first_is_kept(talk: Any, vote: Vote, lorebot: Lorebot) -> None:
    answer = talk.answered()
    vote(answer, "up")
    vote(answer, "down")
    assert feedback.count_ratings(lorebot.database) == RatingCount(up=0, down=1)
    history = feedback.history_of(lorebot.database, interaction(answer), "U0NOORHADAD")
    assert history == [1, -1]


def test_everybody_has_a_vote(talk: Any, vote: Vote, lorebot: Lorebot) -> None:
    answer = talk.answered()
    vote(answer, "up", "noor")
    vote(answer, "down", "mei")
    assert feedback.count_ratings(lorebot.database) == RatingCount(up=1, down=1)


def test_a_thumb_down_asks_what_was_wrong(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    vote(answer, "down")
    workspace.wait_for(lambda: workspace.views("noor"))
    given = {"fault": "out_of_date", "right_answer": "It was 1969.", "right_document": "apollo-11"}
    assert workspace.submit("noor", given).closed
    [stored] = feedback.corrections_of(lorebot.database, interaction(answer))
    assert (stored.author, stored.fault) == ("U0NOORHADAD", "out_of_date")
    assert (stored.right_answer, stored.right_document) == ("It was 1969.", "apollo-11")
    thanks = workspace.wait_for(lambda: len(talk.whispered(answer.thread_ts)) == 2)
    assert thanks


def correct(workspace: Workspace, user: str, given: dict[str, str]) -> None:
    workspace.wait_for(lambda: workspace.views(user))
    assert workspace.submit(user, {"fault": "wrong_answer"} | given).closed


def test_an_experts_correction_counts_at_once_and_is_published(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    answer = talk.answered(user="ada")
    vote(answer, "down", "ada")
    correct(workspace, "ada", {"right_answer": "It was on a Sunday."})
    workspace.wait_for(lambda: knowledge.read == [("answers",)])
    [approved] = verified.standing(lorebot.database)
    assert (approved.answer, approved.author) == ("It was on a Sunday.", "U0ADAMORENO")
    assert (approved.approved_by, approved.channel) == ("U0ADAMORENO", None)
    told = workspace.wait_for(
        lambda: [t for t in talk.whispered(answer.thread_ts, "ada") if "✅" in t]
    )
    assert "within a minute it is the answer to that question." in told[0]


def test_an_expert_who_does_not_say_what_is_right_has_to_wait_too(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    vote(talk.answered(user="ada"), "down", "ada")
    correct(workspace, "ada", {})
    assert len(verified.waiting(lorebot.database)) == 1
    assert knowledge.read == []


def test_anybody_elses_correction_waits_for_an_expert(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    vote(talk.answered(), "down")
    correct(workspace, "noor", {"right_answer": "It was on a Sunday."})
    assert len(verified.waiting(lorebot.database)) == 1
    assert verified.standing(lorebot.database) == []
    assert knowledge.read == []


def test_only_the_fault_has_to_be_said(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    vote(answer, "down")
    workspace.wait_for(lambda: workspace.views("noor"))
    workspace.submit("noor", {"fault": "other"})
    [stored] = feedback.corrections_of(lorebot.database, interaction(answer))
    assert (stored.right_answer, stored.right_document) == (None, None)


def test_a_vote_counts_even_if_the_form_does_not_open(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot
) -> None:
    workspace.faults.fail("views.open", "expired_trigger_id")
    answer = talk.answered()
    vote(answer, "down")
    workspace.wait_for(lambda: talk.whispered(answer.thread_ts))
    assert feedback.count_ratings(lorebot.database) == RatingCount(up=0, down=1)


def test_a_vote_counts_even_if_the_thanks_do_not_arrive(
    talk: Any, vote: Vote, workspace: Workspace, lorebot: Lorebot
) -> None:
    workspace.faults.fail("chat.postEphemeral", "user_not_in_channel")
    vote(talk.answered(), "up")
    workspace.wait_for(lambda: workspace.calls("chat.postEphemeral"))
    assert feedback.count_ratings(lorebot.database) == RatingCount(up=1, down=0)


def test_a_vote_that_was_not_stored_is_not_confirmed(
    talk: Any, vote: Vote, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    rename(lorebot, "rating", "rating_away")
    with pytest.raises(Denied):
        vote(answer, "up")
    rename(lorebot, "rating_away", "rating")
    [sentence] = talk.workspace.wait_for(lambda: talk.whispered(answer.thread_ts))
    assert re.search(r"incident [0-9a-f]{8}\.$", sentence)
    assert feedback.count_ratings(lorebot.database) == RatingCount(0, 0)


def rename(lorebot: Lorebot, old: str, new: str) -> None:
    with lorebot.database.writing() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@pytest.mark.parametrize(
    ("name", "count"),
    [("+1", RatingCount(1, 0)), ("-1", RatingCount(0, 1)), ("tada", RatingCount(0, 0))],
)
def test_a_reaction_on_the_answer_is_a_vote_too(
    talk: Any, workspace: Workspace, lorebot: Lorebot, name: str, count: RatingCount
) -> None:
    answer = talk.answered()
    talk.settled(lorebot)
    workspace.react("mei", "#ask-lore", answer.ts, name)
    talk.settled(lorebot)
    assert feedback.count_ratings(lorebot.database) == count


def test_a_reaction_on_somebodys_message_is_no_vote(
    talk: Any, workspace: Workspace, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    talk.settled(lorebot)
    workspace.react("mei", "#ask-lore", answer.thread_ts, "+1")
    talk.settled(lorebot)
    assert feedback.count_ratings(lorebot.database) == RatingCount(0, 0)


def click(app: App, answer: Any, value: str, team: str = TEAM) -> BoltResponse:
    """A click as it could be forged, handed to Bolt directly."""
    place = {"type": "message", "channel_id": answer.channel, "message_ts": answer.ts}
    body = {
        "type": "block_actions",
        "team": {"id": team},
        "user": {"id": "U0NOORHADAD", "team_id": team},
        "container": place | {"thread_ts": answer.thread_ts},
        "channel": {"id": answer.channel},
        "trigger_id": "1.2",
        "actions": [
            {"type": "feedback_buttons", "action_id": FEEDBACK, "block_id": "b", "value": value}
        ],
    }
    return app.dispatch(BoltRequest(body=body, mode="socket_mode"))


@pytest.mark.parametrize(
    ("value", "team"),
    [("f" * 32 + ":up", TEAM), ("nonsense", TEAM), ("", TEAM), ("theirs", "T0ANOTHER00")],
)
def test_a_forged_vote_is_refused_with_a_sentence(
    talk: Any, running: RunningBot, lorebot: Lorebot, value: str, team: str
) -> None:
    answer = talk.answered()
    own = feedback_buttons(interaction(answer))["elements"][0]["positive_button"]["value"]
    response = click(running.app, answer, own if value == "theirs" else value, team)
    assert response.status == 200
    [sentence] = talk.workspace.wait_for(lambda: talk.whispered(answer.thread_ts))
    assert "could not keep" in sentence or "not one of mine" in sentence
    assert feedback.count_ratings(lorebot.database) == RatingCount(0, 0)


def submission(app: App, metadata: str, team: str = TEAM) -> BoltResponse:
    fault = {"value": {"type": "radio_buttons", "selected_option": {"value": "other"}}}
    view = {
        "type": "modal",
        "callback_id": "correction",
        "private_metadata": metadata,
        "state": {"values": {"fault": fault}},
    }
    body = {"type": "view_submission", "team": {"id": team}, "user": {"id": "U1"}, "view": view}
    return app.dispatch(BoltRequest(body=body, mode="socket_mode"))


@pytest.mark.parametrize("metadata", ["", "{}", '{"interaction_id": "x"}', "[1]"])
def test_a_forged_form_stores_nothing(running: RunningBot, lorebot: Lorebot, metadata: str) -> None:
    assert submission(running.app, metadata).status == 200
    assert feedback.count_corrections(lorebot.database) == 0


def test_another_teams_form_stores_nothing(
    talk: Any, running: RunningBot, lorebot: Lorebot
) -> None:
    answer = talk.answered()
    place = f'{{"interaction_id": "{interaction(answer)}", "channel": "C", "thread_ts": "1"}}'
    assert submission(running.app, place, "T0ANOTHER00").status == 200
    assert feedback.count_corrections(lorebot.database) == 0
    assert submission(running.app, place).status == 200
    assert feedback.count_corrections(lorebot.database) == 1


def test_buttons_of_another_time_are_acknowledged(running: RunningBot) -> None:
    action = {"type": "button", "action_id": "of_an_old_version", "block_id": "b", "value": "x"}
    body = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "U1"}}
    request = BoltRequest(body=body | {"actions": [action]}, mode="socket_mode")
    assert running.app.dispatch(request).status == 200
