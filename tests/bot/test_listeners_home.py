"""The home tab and the suggestions in a direct message."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.views import View

from bot.lorebot import Lorebot
from bot.workspace.facade import Workspace
from db import feedback
from db.feedback import CorrectionRecord

pytestmark = pytest.mark.usefixtures("running")


def home_of(workspace: Workspace, user: str) -> Any:
    workspace.open_home(user)
    return workspace.wait_for(lambda: workspace.home(user))


def test_the_home_says_what_the_bot_does_and_knows(workspace: Workspace) -> None:
    body = home_of(workspace, "mei").body
    shown = str(body)
    View(**{name: body[name] for name in ("type", "blocks")}).validate_json()
    assert "Mention me in a channel" in shown
    assert "I know 3 documents." in shown
    assert "You have not asked me anything yet." in shown


def test_the_home_shows_ones_own_last_questions_with_their_votes(
    workspace: Workspace, talk: Any, lorebot: Lorebot
) -> None:
    answer = talk.answered("when was the <b>Apollo</b> landing?")
    talk.answered("which planet did Cassini orbit?", user="mei")
    talk.settled(lorebot)
    value = answer.blocks[-1]["elements"][0]["positive_button"]["value"]
    workspace.click("noor", "#ask-lore", answer.ts, "feedback", value)
    shown = str(home_of(workspace, "noor").body)
    assert "*when was the &lt;b&gt;Apollo&lt;/b&gt; landing?*\\n👍" in shown
    assert "Cassini" not in shown


def test_the_home_tells_experts_how_many_corrections_wait(
    workspace: Workspace, lorebot: Lorebot
) -> None:
    asked = lorebot.desk.ask("when was the Apollo landing?", surface="cli")
    told = CorrectionRecord(str(asked.id), "U1", "other", "In 1969.", None)
    feedback.correct(lorebot.database, told)
    assert "*1 correction waits for an expert.*" in str(home_of(workspace, "ada").body)
    assert "waits" not in str(home_of(workspace, "mei").body)


def test_a_direct_message_suggests_questions(workspace: Workspace, lorebot: Lorebot) -> None:
    workspace.open_direct("jonas")
    prompts = workspace.wait_for(lambda: workspace.prompts("jonas"))
    assert prompts == [prompt.model_dump() for prompt in lorebot.settings.slack.prompts]


def test_suggestions_may_fail(workspace: Workspace, talk: Any) -> None:
    workspace.faults.fail("assistant.threads.setSuggestedPrompts", "internal_error")
    workspace.open_direct("jonas")
    workspace.wait_for(lambda: workspace.calls("assistant.threads.setSuggestedPrompts"))
    assert talk.answered()
