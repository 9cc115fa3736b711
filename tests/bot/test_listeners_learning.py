"""/lore and the loop: for admins, in one message, asked once more before anything goes live."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse

from bot.learning_views import LEAVE, PROMOTE, ROLL_BACK
from bot.lorebot import Lorebot
from bot.serve import RunningBot
from bot.workspace.facade import Workspace
from bot.workspace.objects import Message
from db import audit, cycles, diagnoses, jobs, optout, registry
from db.diagnoses import DiagnosisRecord
from finetune.request import CycleRefused, CycleRequest

from .fake_learning import FakeLearning

pytestmark = pytest.mark.usefixtures("running")

ADA, MEI = "U0ADAMORENO", "U0MEITANAKA"


def shown(workspace: Workspace, user: str = "ada", channel: str = "#ask-lore") -> list[Message]:
    found = workspace.messages(channel, user=user)
    return [message for message in found if message.user == workspace.bot_user]


def said(workspace: Workspace, text: str, user: str = "ada") -> Message:
    """The first message of the bot that holds this, once it is there."""
    return workspace.wait_for(
        lambda: [m for m in shown(workspace, user) if text in m.text], timeout=10
    )[0]


def lore(workspace: Workspace, text: str, user: str = "ada") -> None:
    workspace.command(user, "#ask-lore", "/lore", text)


def acts(lorebot: Lorebot) -> list[tuple[str, str, str]]:
    lines = reversed(audit.latest(lorebot.database))
    return [(line.actor, line.act, line.outcome) for line in lines]


def live(lorebot: Lorebot) -> int:
    found = registry.live_record(lorebot.database)
    assert found is not None
    return found.id


@pytest.mark.parametrize(
    "act",
    [
        "retrain",
        "retrain joint --dry-run",
        "cycles",
        "cycle 1",
        "cancel 1",
        "releases",
        "promote 1",
        "rollback",
    ],
)
def test_others_are_refused_and_audited(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning, act: str
) -> None:
    lore(workspace, "cycle 1 cancel" if act == "cancel 1" else act, "mei")
    assert said(workspace, "Only admins may do that.", "mei").ephemeral_to == MEI
    assert acts(lorebot) == [(MEI, act, "refused")]
    assert learning.asked == []


@pytest.mark.parametrize("words", ["retrain quickly", "cycle x", "cycles 3"])
def test_what_makes_no_sense_gets_help(
    workspace: Workspace, learning: FakeLearning, words: str
) -> None:
    lore(workspace, words)
    text = said(workspace, "I do not know").text
    assert text.startswith(f"I do not know `{words}`.")
    assert "`/lore retrain STRATEGY`" in text
    assert learning.asked == []


def test_a_cycle_keeps_one_message_up_to_date(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    learning.step_s = 0.3
    lore(workspace, "retrain")
    begun = said(workspace, "▰")
    assert "loss 0.41 &lt;!here&gt;" in begun.text
    ended = said(workspace, "✅ promoted")
    assert ended.ts == begun.ts
    assert ended.text.endswith("recall@5 rose 0.71 → 0.83 on 40 held-out questions.")
    assert len(shown(workspace)) == 1
    assert acts(lorebot) == [(ADA, "retrain", "allowed"), (ADA, "retrain", "done")]


@pytest.mark.parametrize("dashes", ["--dry-run", "—dry-run"])
def test_the_way_and_a_dry_run_can_be_chosen(
    workspace: Workspace, learning: FakeLearning, dashes: str
) -> None:
    learning.ends = "tried"
    lore(workspace, f"retrain Domain-First {dashes}")
    said(workspace, "🧪 tried")
    assert learning.asked == [CycleRequest("domain-first", True, ADA, "workspace")]


def test_the_command_is_acknowledged_before_the_cycle_is_over(
    workspace: Workspace, learning: FakeLearning
) -> None:
    learning.step_s = 0.5
    lore(workspace, "retrain")
    assert not [m for m in shown(workspace) if "Cycle" in m.text]


def test_what_hinders_a_cycle_is_told_to_the_admin_alone(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    learning.error = CycleRefused("Training is switched off.")
    lore(workspace, "retrain")
    assert said(workspace, "Training is switched off.").ephemeral_to == ADA
    assert acts(lorebot)[-1] == (ADA, "retrain", "failed")


def test_one_cycle_runs_at_a_time(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    jobs.claim(lorebot.database, "cycle", "another process")
    lore(workspace, "retrain")
    message = said(workspace, "A cycle is running already; wait until it has finished.")
    assert message.ephemeral_to == ADA
    assert learning.asked == []


def test_a_cycle_can_be_ended(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    learning.step_s = 0.3
    lore(workspace, "retrain")
    said(workspace, "▰")
    lore(workspace, "cycle 1 cancel")
    assert said(workspace, "Cycle 1 ends at its next step.").ephemeral_to == ADA
    said(workspace, "⏹️ cancelled")
    assert (ADA, "cancel 1", "done") in acts(lorebot)


def test_what_does_not_run_cannot_be_ended(workspace: Workspace) -> None:
    lore(workspace, "cycle 7 cancel")
    assert said(workspace, "Cycle 7 is not running").ephemeral_to == ADA


def test_cycles_are_listed_and_shown(workspace: Workspace, lorebot: Lorebot) -> None:
    cycle = lorebot.learning.retrain(actor="cli")
    asked = [str(lorebot.desk.ask("Why?", surface="cli").id) for _ in range(3)]
    found = zip(asked, ("not_retrieved", "no_document", "not_retrieved"), strict=True)
    why = [DiagnosisRecord(answer, cause, "retriever", {}) for answer, cause in found]
    diagnoses.save(lorebot.database, cycle.id, why)
    lore(workspace, "cycles")
    lore(workspace, "cycle #1")
    assert "*1* ✅ promoted · staged" in said(workspace, "*Cycles*").text
    detail = said(workspace, "*Cycle 1*")
    assert "*What was wrong:* 2 not retrieved, 1 no document" in str(detail.blocks)
    assert "recall@5.mean: 0.120" in str(detail.blocks)


def test_there_may_be_no_such_cycle(workspace: Workspace) -> None:
    lore(workspace, "cycle 9")
    assert said(workspace, "There is no cycle 9").ephemeral_to == ADA


def test_releases_are_listed_with_what_they_learnt(
    workspace: Workspace, learning: FakeLearning
) -> None:
    learning.candidate()
    lore(workspace, "releases")
    text = said(workspace, "*Releases*").text
    assert "⚪ *2* candidate" in text
    assert "learnt: retriever" in text
    assert "Made by a &lt;cycle&gt;." in text
    assert "🟢 *1* live" in text


def button(message: Message, action: str) -> dict[str, Any]:
    [found] = [b for b in message.blocks[-1]["elements"] if b["action_id"] == action]
    return found


def test_promoting_is_asked_about_before_it_is_done(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    candidate = learning.candidate(live(lorebot))
    lore(workspace, f"promote {candidate}")
    question = said(workspace, f"Shall release {candidate} answer from now on?")
    assert question.ephemeral_to == ADA
    assert "Are you sure?" in str(button(question, PROMOTE)["confirm"])
    assert live(lorebot) != candidate

    workspace.click("ada", "#ask-lore", question.ts, PROMOTE)
    told = said(workspace, f"✅ Promoted: release {candidate} answers from now on.")
    assert told.ts == question.ts
    assert live(lorebot) == candidate
    assert acts(lorebot)[-1] == (ADA, f"promote {candidate}", "done")


def test_one_may_leave_it(workspace: Workspace, lorebot: Lorebot, learning: FakeLearning) -> None:
    candidate = learning.candidate(live(lorebot))
    lore(workspace, f"promote {candidate}")
    question = said(workspace, "Shall release")
    workspace.click("ada", "#ask-lore", question.ts, LEAVE)
    assert said(workspace, "Everything stays as it is.").ts == question.ts
    assert live(lorebot) != candidate


def test_there_may_be_no_such_release(workspace: Workspace) -> None:
    lore(workspace, "promote 99")
    assert said(workspace, "There is no release 99").ephemeral_to == ADA


def test_rolling_back_is_asked_about_and_two_clicks_are_one(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning
) -> None:
    first = live(lorebot)
    second = learning.candidate(first)
    learning.promote(second, "ada")
    third = learning.candidate(second)
    learning.promote(third, "ada")
    lore(workspace, "rollback")
    question = said(workspace, f"Shall release {second} answer again")
    assert button(question, ROLL_BACK)["style"] == "danger"

    click(workspace, question, ROLL_BACK)
    said(workspace, f"✅ Rolled back: release {second} answers from now on.")
    assert live(lorebot) == second


def test_where_there_is_no_way_back_nothing_is_asked(workspace: Workspace) -> None:
    lore(workspace, "rollback")
    assert said(workspace, "There is nothing to roll back to").ephemeral_to == ADA


def click(workspace: Workspace, question: Message, action: str) -> None:
    workspace.click("ada", "#ask-lore", question.ts, action)


def pressed(app: App, action: str, value: str, user: str) -> BoltResponse:
    """A click on a button that is shown no more, handed to Bolt directly."""
    button = {"type": "button", "action_id": action, "block_id": "b", "value": value}
    body = {
        "type": "block_actions",
        "team": {"id": "T0ORBITDESK"},
        "user": {"id": user},
        "container": {"type": "message", "channel_id": "C0ASKLORE00", "message_ts": "1.0"},
        "channel": {"id": "C0ASKLORE00"},
        "actions": [button],
    }
    return app.dispatch(BoltRequest(body=body, mode="socket_mode"))


def test_a_second_click_rolls_nothing_back(
    workspace: Workspace, lorebot: Lorebot, learning: FakeLearning, running: RunningBot
) -> None:
    first = live(lorebot)
    second = learning.candidate(first)
    learning.promote(second, "ada")
    learning.rollback("ada")
    pressed(running.app, ROLL_BACK, str(second), ADA)
    said(workspace, f"Release {second} is not live any more")
    assert live(lorebot) == first


@pytest.mark.parametrize("action", [PROMOTE, ROLL_BACK])
def test_a_button_does_nothing_for_others(
    workspace: Workspace,
    lorebot: Lorebot,
    learning: FakeLearning,
    running: RunningBot,
    action: str,
) -> None:
    first = live(lorebot)
    learning.candidate(first)
    pressed(running.app, action, "2", MEI)
    said(workspace, "Only admins may do that.", "mei")
    assert live(lorebot) == first


@pytest.mark.parametrize("value", ["-1", "9" * 30])
def test_a_forged_button_does_nothing(
    workspace: Workspace, lorebot: Lorebot, running: RunningBot, value: str
) -> None:
    first = live(lorebot)
    pressed(running.app, PROMOTE, value, ADA)
    said(workspace, "not one of mine")
    assert live(lorebot) == first


def test_everybody_may_opt_out_and_in_again(workspace: Workspace, lorebot: Lorebot) -> None:
    lore(workspace, "opt-out", "mei")
    assert said(workspace, "nothing is learned", "mei").ephemeral_to == MEI
    assert optout.opted_out(lorebot.database) == {MEI}
    lore(workspace, "opt-in", "mei")
    said(workspace, "may be learned from again", "mei")
    assert optout.opted_out(lorebot.database) == frozenset()
    assert acts(lorebot) == [(MEI, "opt-out", "done"), (MEI, "opt-in", "done")]


def test_stopping_ends_a_cycle_at_its_next_step(
    workspace: Workspace, running: RunningBot, learning: FakeLearning
) -> None:
    learning.step_s = 0.3
    lore(workspace, "retrain")
    said(workspace, "▰")
    assert running.lorebot.commands.stop(5)
    [record] = cycles.latest(running.lorebot.database)
    assert record.status == "cancelled"
