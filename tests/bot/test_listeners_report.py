"""/lore report: three pictures for the channel, and where these cannot be, the figures in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.lorebot import Lorebot
from bot.workspace.facade import Workspace
from bot.workspace.objects import App, Message
from db import audit, registry

from .learnt import learnt_in

pytestmark = pytest.mark.usefixtures("running")

ADA, MEI = "U0ADAMORENO", "U0MEITANAKA"


def lore(workspace: Workspace, text: str, user: str = "ada", channel: str = "#ask-lore") -> Message:
    """The answer to a command."""
    workspace.command(user, channel, "/lore", text)

    def answers() -> list[Message]:
        found = workspace.messages(channel, user=user)
        return [message for message in found if message.user == workspace.bot_user]

    return workspace.wait_for(answers, timeout=20)[0]


def acts(lorebot: Lorebot) -> list[tuple[str, str, str]]:
    return [(line.actor, line.act, line.outcome) for line in audit.latest(lorebot.database)]


@pytest.fixture
def learnt(lorebot: Lorebot) -> None:
    registry.ensure_live(lorebot.database, lorebot.knowledge.release_parts())
    learnt_in(lorebot.database)


@pytest.mark.usefixtures("learnt")
def test_three_pictures_come_in_one_message_for_all(workspace: Workspace, lorebot: Lorebot) -> None:
    message = lore(workspace, "report")
    assert message.ephemeral_to is None
    assert "50 % of 2 votes were thumbs-up" in message.text
    names = [file.name for file in message.files]
    assert names == ["satisfaction.png", "causes.png", "scores.png"]
    assert all((file.content or b"").startswith(b"\x89PNG") for file in message.files)
    assert message.files[1].title == "Why answers were bad"
    assert "1 misread" in message.files[1].description
    assert acts(lorebot) == [(ADA, "report", "allowed")]


@pytest.mark.usefixtures("learnt")
def test_a_report_can_be_of_the_last_days(workspace: Workspace, lorebot: Lorebot) -> None:
    assert len(lore(workspace, "report 7").files) == 3
    assert acts(lorebot) == [(ADA, "report 7", "allowed")]


def test_with_nothing_to_tell_one_sentence_says_so(workspace: Workspace) -> None:
    message = lore(workspace, "report 30")
    assert message.text.startswith("There is nothing to report since ")
    assert (message.ephemeral_to, message.files) == (ADA, ())


@pytest.mark.usefixtures("learnt")
def test_others_are_refused_and_audited(workspace: Workspace, lorebot: Lorebot) -> None:
    message = lore(workspace, "report", "mei")
    assert message.text.startswith("Only admins may do that.")
    assert acts(lorebot) == [(MEI, "report", "refused")]


@pytest.mark.parametrize("words", ["report 0", "report all", "report 7 days", "report 999999999"])
def test_what_makes_no_sense_gets_help(workspace: Workspace, lorebot: Lorebot, words: str) -> None:
    text = lore(workspace, words).text
    assert text.startswith(f"I do not know `{words}`.")
    assert "`/lore report DAYS`" in text
    assert acts(lorebot) == []


@pytest.mark.usefixtures("learnt")
@pytest.mark.parametrize(
    ("method", "code", "advice"),
    [
        ("files.getUploadURLExternal", "missing_scope", "files:write"),
        ("files.completeUploadExternal", "not_in_channel", "invite me"),
        ("files.completeUploadExternal", "internal_error", "`lorebot report`"),
    ],
)
def test_where_pictures_cannot_be_the_figures_are_told(
    workspace: Workspace, method: str, code: str, advice: str
) -> None:
    workspace.faults.fail(method, code)
    message = lore(workspace, "report")
    assert message.ephemeral_to == ADA
    assert "MRR@10 0.62 → 0.71" in message.text
    assert advice in str(message.blocks)


@pytest.mark.usefixtures("learnt")
def test_a_lost_connection_shows_no_picture_twice(workspace: Workspace) -> None:
    workspace.faults.reset("files.completeUploadExternal")
    lore(workspace, "report")
    messages = workspace.wait_for(
        lambda: found if len(found := workspace.messages("#ask-lore", user="ada")) > 1 else []
    )
    assert [len(message.files) for message in messages] == [3, 0]


class TestWithoutTheScope:
    @pytest.fixture
    def slack_app(self, slack_app: App) -> App:
        return replace(slack_app, scopes=(slack_app.scopes or frozenset()) - {"files:write"})

    @pytest.mark.usefixtures("learnt")
    def test_an_app_that_was_installed_before_says_what_it_lacks(
        self, workspace: Workspace
    ) -> None:
        assert "files:write" in str(lore(workspace, "report").blocks)
