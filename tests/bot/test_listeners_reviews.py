"""/lore review: experts approve, edit and reject, and what is approved is published at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse

from bot.config import Settings
from bot.lorebot import Lorebot
from bot.review_views import APPROVE, EDIT, REJECT
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from bot.workspace.objects import Message
from db import audit, feedback, interactions, verified
from db.feedback import CorrectionRecord
from knowledge.errors import KnowledgeUnusable

pytestmark = pytest.mark.usefixtures("running")

ADA, NOOR, MEI = "U0ADAMORENO", "U0NOORHADAD", "U0MEITANAKA"
RIGHT = "It was on 20 July 1969, at 20:17."

Correct = Callable[..., int]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Ada is an admin, Noor keeps documents, Mei is neither."""
    source = {"name": "documents", "kind": "folder", "path": tmp_path, "owners": [NOOR]}
    return Settings(home=tmp_path, slack={"admins": (ADA,)}, sources=[source])


@pytest.fixture
def correct(lorebot: Lorebot) -> Correct:
    """Stores an answer with what Mei says of it, and gives the correction's id."""

    def run(
        right: str | None = RIGHT, *, channel: str = "C0ASKLORE00", private: bool = False
    ) -> int:
        asked = lorebot.desk.ask("when was the Apollo landing?", surface="workspace")
        where = replace(asked, id=None, channel=channel, private=private, asker=MEI)
        stored = interactions.record(lorebot.database, where)
        told = CorrectionRecord(stored, MEI, "wrong_answer", right, None)
        return feedback.correct(lorebot.database, told)

    return run


def lists(workspace: Workspace, user: str = "ada") -> list[Message]:
    found = workspace.messages("#ask-lore", user=user)
    return [message for message in found if message.user == workspace.bot_user]


def said(workspace: Workspace, text: str, user: str = "ada") -> Message:
    """The first message of the bot that holds this, once it is there."""
    return workspace.wait_for(
        lambda: [m for m in lists(workspace, user) if text in f"{m.text} {m.blocks}"], timeout=10
    )[0]


def review(workspace: Workspace, user: str = "ada") -> Message:
    workspace.command(user, "#ask-lore", "/lore", "review")
    return said(workspace, "for a decision", user)


def acts(lorebot: Lorebot) -> list[tuple[str, str, str]]:
    lines = reversed(audit.latest(lorebot.database))
    return [(line.actor, line.act, line.outcome) for line in lines]


def published(workspace: Workspace, knowledge: Any) -> None:
    workspace.wait_for(lambda: knowledge.read == [("answers",)], timeout=10)


def test_a_correction_is_shown_with_all_that_is_known_of_it(
    workspace: Workspace, correct: Correct
) -> None:
    correct("On <!channel> 20 July.")
    message = review(workspace)
    text = str(message.blocks)
    assert message.ephemeral_to == ADA
    assert "<@U0MEITANAKA> says: wrong answer" in text
    assert "*Asked:* when was the Apollo landing?" in text
    assert "*Said:* Apollo 11 landed on the Moon" in text
    assert "*Right:* On &lt;!channel&gt; 20 July." in text


def test_who_is_no_expert_is_refused(
    workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct()
    workspace.command("mei", "#ask-lore", "/lore", "review")
    message = said(workspace, "keepers of documents", "mei")
    assert message.ephemeral_to == MEI
    assert acts(lorebot) == [(MEI, "review", "refused")]


def test_there_may_be_nothing_to_decide(workspace: Workspace) -> None:
    assert review(workspace).text == "No correction waits for a decision."


def test_an_approved_correction_is_published_at_once_and_leaves_the_list(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any, correct: Correct
) -> None:
    first, second = correct(), correct("In 1970.")
    message = review(workspace, "noor")
    workspace.click("noor", "#ask-lore", message.ts, APPROVE)
    rest = said(workspace, f"✅ {first} approved", "noor")
    assert rest.ts == message.ts
    assert f"*{second}*" in str(rest.blocks)
    assert f"*{first}* ·" not in str(rest.blocks)
    published(workspace, knowledge)
    [answer] = verified.standing(lorebot.database)
    assert (answer.answer, answer.approved_by, answer.channel) == (RIGHT, NOOR, None)
    assert (NOOR, f"approve {first}", "done") in acts(lorebot)


def test_an_expert_may_put_it_in_other_words_and_say_who_stands_for_it(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any, correct: Correct
) -> None:
    correct()
    message = review(workspace)
    workspace.click("ada", "#ask-lore", message.ts, EDIT)
    [form] = workspace.wait_for(lambda: workspace.views("ada"))
    assert RIGHT in str(form.body)
    assert workspace.submit("ada", {"right": "On 20 July 1969.", "role": "Historian"}).closed
    rest = said(workspace, "✅ 1 approved")
    assert rest.ts == message.ts
    assert rest.text.endswith("No correction waits for a decision.")
    published(workspace, knowledge)
    [answer] = verified.standing(lorebot.database)
    assert (answer.answer, answer.role) == ("On 20 July 1969.", "Historian")


def test_a_rejection_asks_why(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any, correct: Correct
) -> None:
    correct()
    message = review(workspace)
    workspace.click("ada", "#ask-lore", message.ts, REJECT)
    workspace.wait_for(lambda: workspace.views("ada"))
    assert workspace.submit("ada", {"reason": "Nobody knows."}).closed
    assert said(workspace, "✋ 1 rejected").ts == message.ts
    assert verified.waiting(lorebot.database) == []
    assert knowledge.read == []
    assert acts(lorebot)[-1] == (ADA, "reject 1", "done")


def test_what_was_asked_in_private_is_for_admins_and_stays_there(
    workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct(channel="C0CURATORS0", private=True)
    assert "No correction waits" in review(workspace, "noor").text
    message = review(workspace)
    assert "asked in <#C0CURATORS0>" in str(message.blocks)
    workspace.click("ada", "#ask-lore", message.ts, APPROVE)
    said(workspace, "in its channel alone")
    [answer] = verified.standing(lorebot.database)
    assert answer.channel == "C0CURATORS0"


def test_an_admin_may_tell_everybody_what_was_asked_in_private(
    workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct(channel="D0MEITANAKA", private=True)
    message = review(workspace)
    assert "asked in a direct message" in str(message.blocks)
    workspace.click("ada", "#ask-lore", message.ts, EDIT)
    workspace.wait_for(lambda: workspace.views("ada"))
    workspace.submit("ada", {"scope": "everywhere"})
    said(workspace, "✅ 1 approved")
    [answer] = verified.standing(lorebot.database)
    assert answer.channel is None


def test_what_says_nothing_has_to_be_edited(
    workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct(None)
    message = review(workspace)
    workspace.click("ada", "#ask-lore", message.ts, APPROVE)
    said(workspace, "names no right answer: edit it")
    assert len(verified.waiting(lorebot.database)) == 1


def test_what_somebody_else_has_decided_is_said(
    workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct()
    message = review(workspace)
    workspace.click("ada", "#ask-lore", message.ts, EDIT)
    workspace.wait_for(lambda: workspace.views("ada"))
    verified.reject(lorebot.database, 1, NOOR)
    workspace.submit("ada", {"right": "On 20 July 1969."})
    said(workspace, "No correction 1 waits")
    assert verified.standing(lorebot.database) == []


def test_the_expert_hears_of_it_where_the_list_cannot_be_brought_up_to_date(
    running: RunningBot, workspace: Workspace, correct: Correct
) -> None:
    correct()
    submitted(running.app, REJECT, place("", correction=1), ADA)
    assert said(workspace, "✋ 1 rejected").ephemeral_to == ADA


def test_the_expert_hears_of_it_if_publishing_fails(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any, correct: Correct
) -> None:
    correct()
    message = review(workspace)
    knowledge.error = KnowledgeUnusable("The <disk> is full.")
    workspace.click("ada", "#ask-lore", message.ts, APPROVE)
    assert said(workspace, "The &lt;disk&gt; is full.").ephemeral_to == ADA
    assert len(verified.standing(lorebot.database)) == 1


def place(url: str = "", correction: Any = 1) -> str:
    fields = '"channel": "C0ASKLORE00", "thread_ts": ""'
    return f'{{"correction_id": {correction}, {fields}, "response_url": "{url}"}}'


def submitted(app: App, form: str, metadata: str, user: str) -> BoltResponse:
    """A form as it could be forged, handed to Bolt directly."""
    view = {
        "type": "modal",
        "callback_id": form,
        "private_metadata": metadata,
        "state": {"values": {}},
    }
    body = {
        "type": "view_submission",
        "team": {"id": "T0ORBITDESK"},
        "user": {"id": user},
        "view": view,
    }
    return app.dispatch(BoltRequest(body=body, mode="socket_mode"))


@pytest.mark.parametrize("form", [EDIT, REJECT])
@pytest.mark.parametrize("metadata", ["[1]", place(correction='"1"')])
def test_a_forged_form_decides_nothing(
    running: RunningBot, lorebot: Lorebot, correct: Correct, form: str, metadata: str
) -> None:
    correct()
    assert submitted(running.app, form, metadata, ADA).status == 200
    assert len(verified.waiting(lorebot.database)) == 1


@pytest.mark.parametrize("form", [EDIT, REJECT])
def test_a_form_decides_nothing_for_others(
    running: RunningBot, workspace: Workspace, lorebot: Lorebot, correct: Correct, form: str
) -> None:
    correct()
    submitted(running.app, form, place(), MEI)
    said(workspace, "keepers of documents", "mei")
    assert len(verified.waiting(lorebot.database)) == 1


def test_a_keeper_cannot_decide_on_what_was_asked_in_private(
    running: RunningBot, workspace: Workspace, lorebot: Lorebot, correct: Correct
) -> None:
    correct(channel="C0CURATORS0", private=True)
    submitted(running.app, EDIT, place(), NOOR)
    said(workspace, "No correction 1 waits", "noor")
    assert len(verified.waiting(lorebot.database)) == 1
