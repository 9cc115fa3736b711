"""/lore: help for everybody, the rest for admins; audited, with one message kept up to date."""

from __future__ import annotations

from typing import Any

import pytest

from bot.lorebot import Lorebot
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from bot.workspace.objects import Message
from db import audit, jobs
from knowledge.documents import Skipped
from knowledge.errors import KnowledgeUnusable

pytestmark = pytest.mark.usefixtures("running")


def shown(workspace: Workspace, user: str, channel: str = "#ask-lore") -> list[Message]:
    found = workspace.messages(channel, user=user)
    return [message for message in found if message.user == workspace.bot_user]


def first(workspace: Workspace, user: str, channel: str = "#ask-lore") -> Message:
    return workspace.wait_for(lambda: shown(workspace, user, channel), timeout=10)[0]


def acts(lorebot: Lorebot) -> list[tuple[str, str, str]]:
    lines = reversed(audit.latest(lorebot.database))
    return [(line.actor, line.act, line.outcome) for line in lines]


def finished(workspace: Workspace) -> Message:
    """The one message in the channel, once the reindex is over."""
    return workspace.wait_for(
        lambda: [m for m in shown(workspace, "ada") if "added" in m.text or "went wrong" in m.text],
        timeout=10,
    )[0]


@pytest.mark.parametrize("said", ["help", "", "HELP"])
def test_help_is_for_everybody(workspace: Workspace, lorebot: Lorebot, said: str) -> None:
    workspace.command("mei", "#ask-lore", "/lore", said)
    message = first(workspace, "mei")
    assert message.ephemeral_to == "U0MEITANAKA"
    assert "`/lore reindex --full`" in message.text
    assert acts(lorebot) == []


def test_an_unknown_word_gets_help(workspace: Workspace) -> None:
    workspace.command("mei", "#ask-lore", "/lore", "<!channel> dance")
    text = first(workspace, "mei").text
    assert text.startswith("I do not know `&lt;!channel&gt; dance`.")
    assert "/lore status" in text


def test_status_shows_what_is_there(workspace: Workspace, talk: Any, lorebot: Lorebot) -> None:
    talk.answered()
    talk.settled(lorebot)
    workspace.command("ada", "#general", "/lore", "status")
    text = first(workspace, "ada", "#general").text
    assert "*Documents:* 3 in 3 passages" in text
    assert "*Questions:* 1 asked, 0 waiting" in text
    assert acts(lorebot) == [("U0ADAMORENO", "status", "allowed")]


@pytest.mark.parametrize(
    "act", ["status", "sources", "reindex", "reindex --full", "reindex documents --full"]
)
def test_others_are_refused_and_audited(workspace: Workspace, lorebot: Lorebot, act: str) -> None:
    workspace.command("mei", "#ask-lore", "/lore", act)
    message = first(workspace, "mei")
    assert message.text.startswith("Only admins may do that.")
    assert "U0MEITANAKA" in message.text
    assert acts(lorebot) == [("U0MEITANAKA", act, "refused")]
    assert jobs.latest(lorebot.database, "reindex") is None


def test_a_reindex_keeps_one_message_up_to_date(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    knowledge.step_s = 0.2
    knowledge.skipped = (Skipped("secret <!here>.bin", "is not a document"),)
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    begun = workspace.wait_for(lambda: [m for m in shown(workspace, "ada") if "▱" in m.text])
    ended = finished(workspace)
    assert begun[0].ts == ended.ts
    assert ended.text.startswith("✅ 3 added, 1 skipped")
    assert "secret &lt;!here&gt;.bin: is not a document" in str(ended.blocks)
    assert len(shown(workspace, "ada")) == 1
    assert acts(lorebot)[-2:] == [
        ("U0ADAMORENO", "reindex", "allowed"),
        ("U0ADAMORENO", "reindex", "done"),
    ]


def test_progress_is_shown_about_once_a_second(workspace: Workspace, knowledge: Any) -> None:
    knowledge.documents = {f"{n}.md": "x" for n in range(40)}
    knowledge.step_s = 0.02
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    finished(workspace)
    assert 2 <= len(workspace.calls("chat.update")) <= 6


@pytest.mark.parametrize("dashes", ["--full", "—full"])
def test_full_is_understood_from_any_keyboard(
    workspace: Workspace, lorebot: Lorebot, dashes: str
) -> None:
    workspace.command("ada", "#ask-lore", "/lore", f"reindex {dashes}")
    finished(workspace)
    assert acts(lorebot)[-1] == ("U0ADAMORENO", "reindex --full", "done")


def test_one_source_can_be_read_alone(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    workspace.command("ada", "#ask-lore", "/lore", "reindex Documents --full")
    finished(workspace)
    assert knowledge.read == [("documents",)]
    assert acts(lorebot)[-1] == ("U0ADAMORENO", "reindex documents --full", "done")


def test_an_unknown_source_is_told_to_the_admin_alone(workspace: Workspace, knowledge: Any) -> None:
    workspace.command("ada", "#ask-lore", "/lore", "reindex wiki")
    message = first(workspace, "ada")
    assert message.text == "There is no source wiki; there are: documents, answers."
    assert message.ephemeral_to == "U0ADAMORENO"
    assert knowledge.read == []


def test_sources_are_shown_with_what_is_known_of_them(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    knowledge.broken = {"documents": "The <!channel> folder is away."}
    with pytest.raises(KnowledgeUnusable):
        lorebot.commands.reindex(actor="cli")
    workspace.command("ada", "#ask-lore", "/lore", "sources")
    message = first(workspace, "ada")
    assert message.ephemeral_to == "U0ADAMORENO"
    assert message.text == (
        "*documents* (folder, public)\n"
        "0 documents in 0 passages · last read never\n"
        "⚠️ The &lt;!channel&gt; folder is away."
    )
    assert acts(lorebot)[-1] == ("U0ADAMORENO", "sources", "allowed")


def test_the_status_names_sources_that_could_not_be_read(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    knowledge.broken = {"documents": "There is no folder."}
    with pytest.raises(KnowledgeUnusable):
        lorebot.commands.reindex(actor="cli")
    workspace.command("ada", "#ask-lore", "/lore", "status")
    assert "⚠️ *documents* could not be read: There is no folder." in first(workspace, "ada").text


def test_two_never_run_at_once(workspace: Workspace, lorebot: Lorebot, knowledge: Any) -> None:
    knowledge.step_s = 0.1
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    workspace.wait_for(lambda: shown(workspace, "ada"))
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    whispers = workspace.wait_for(lambda: [m for m in shown(workspace, "ada") if m.ephemeral_to])
    assert whispers[0].text == "A reindex is running already; wait until it has finished."
    finished(workspace)
    assert [outcome for _, _, outcome in acts(lorebot)] == ["allowed", "allowed", "failed", "done"]


def test_what_hinders_a_reindex_is_told_to_the_admin_alone(
    workspace: Workspace, lorebot: Lorebot, knowledge: Any
) -> None:
    knowledge.error = KnowledgeUnusable("There is no folder of documents at /x.")
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    message = first(workspace, "ada")
    assert message.text == "There is no folder of documents at /x."
    assert message.ephemeral_to == "U0ADAMORENO"
    latest = jobs.latest(lorebot.database, "reindex")
    assert latest is not None
    assert latest.status == "failed"


def test_an_unforeseen_error_shows_an_incident(workspace: Workspace, knowledge: Any) -> None:
    knowledge.error = ZeroDivisionError("at /secret/path")
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    text = first(workspace, "ada").text
    assert "incident" in text
    assert "secret" not in text


def test_where_the_bot_may_not_post_the_admin_is_told_alone(workspace: Workspace) -> None:
    channel = workspace.add_channel("vault", ("ada",), private=True, bot=False)
    workspace.command("ada", channel, "/lore", "reindex")
    messages = workspace.wait_for(
        lambda: [m for m in shown(workspace, "ada", channel) if "added" in m.text], timeout=10
    )
    assert messages[0].ephemeral_to == "U0ADAMORENO"


def test_the_outcome_is_posted_anew_if_the_message_is_gone(workspace: Workspace) -> None:
    workspace.faults.fail("chat.update", "message_not_found", times=99)
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    assert finished(workspace).text.startswith("✅")


def test_commands_are_acknowledged_at_once(workspace: Workspace, knowledge: Any) -> None:
    knowledge.step_s = 0.5
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    assert not [m for m in shown(workspace, "ada") if "added" in m.text]


def test_stopping_ends_a_reindex_at_its_next_step(
    workspace: Workspace, running: RunningBot, knowledge: Any
) -> None:
    knowledge.step_s = 0.2
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    workspace.wait_for(lambda: shown(workspace, "ada"))
    assert running.lorebot.commands.stop(5)
    latest = jobs.latest(running.lorebot.database, "reindex")
    assert latest is not None
    assert latest.status == "failed"
