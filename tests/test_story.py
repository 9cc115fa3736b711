"""The story of a question: asked, answered, rated, corrected, and all of it stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.app import build
from bot.config import Settings
from bot.lorebot import Lorebot
from bot.serve import open_bot
from bot.workspace.facade import Workspace
from bot.workspace.manifest import read_manifest
from bot.workspace.objects import Message
from bot.workspace.server import open_workspace
from db import feedback, interactions, registry
from db.interactions import InteractionRecord
from knowledge.answers import UNKNOWN
from knowledge.settings import KnowledgeSettings

MANIFEST = Path(__file__).parents[1] / "deploy" / "slack-manifest.yaml"
TEAM, NOOR = "T0ORBITDESK", "U0NOORHADAD"

HANDBOOK = {
    "leave.md": """# Leave

## Holidays

Everybody has 28 days of holiday a year. Ask your lead two weeks before you go.

## Illness

Call the front desk before nine when you are ill. A note is needed from the fourth day.
""",
    "keys.md": """# Keys and doors

## The night door

The night door opens with the green card. Lost cards are reported to the guard at once.
""",
}


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    app = read_manifest(yaml.safe_load(MANIFEST.read_text()))
    with open_workspace(0, app=app) as opened:
        yield opened


@pytest.fixture(scope="module")
def lorebot(tmp_path_factory: pytest.TempPathFactory, workspace: Workspace) -> Iterator[Lorebot]:
    home = tmp_path_factory.mktemp("home")
    documents = tmp_path_factory.mktemp("documents")
    written = [(documents / name).write_text(text) for name, text in HANDBOOK.items()]
    assert written
    knowledge = KnowledgeSettings(documents=documents, base_url="https://docs.example/")
    settings = Settings(home=home, knowledge=knowledge, slack={"admins": ("U0ADAMORENO",)})
    built = build(settings)
    running = open_bot(
        built,
        client_base_url=workspace.api_url,
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
    )
    workspace.wait_for(lambda: workspace.connected)
    yield built
    running.close()
    built.close()


def answers(workspace: Workspace, ts: str) -> list[Message]:
    return [m for m in workspace.messages("#ask-lore", ts) if m.user == workspace.bot_user]


def stored(lorebot: Lorebot) -> InteractionRecord:
    return interactions.recent_of(lorebot.database, TEAM, NOOR, 1)[0]


def test_asked_answered_rated_corrected_stored(lorebot: Lorebot, workspace: Workspace) -> None:
    # An admin has the documents read.
    workspace.command("ada", "#ask-lore", "/lore", "reindex")
    workspace.wait_for(
        lambda: [m for m in workspace.messages("#ask-lore") if "2 added" in m.text], timeout=30
    )

    # Noor asks, and the answer quotes the sentence and says where it stands.
    ts = workspace.post("noor", "#ask-lore", "@lorebot How many days of holiday do I have?")
    [answer] = workspace.wait_for(lambda: answers(workspace, ts), timeout=20)
    assert "28 days of holiday" in answer.text
    source = answer.blocks[1]["elements"][0]["text"]
    assert source.startswith("[1] <https://docs.example/leave.md")
    assert "“Everybody has 28 days of holiday a year.”" in source

    # A follow-up needs no mention.
    workspace.post("noor", "#ask-lore", "And which card opens the night door?", ts)
    [_, follow_up] = workspace.wait_for(
        lambda: found if len(found := answers(workspace, ts)) == 2 else [], timeout=20
    )
    assert "green card" in follow_up.text

    # She finds the first answer helpful and the second not, and says why.
    up = answer.blocks[-1]["elements"][0]["positive_button"]["value"]
    down = follow_up.blocks[-1]["elements"][0]["negative_button"]["value"]
    workspace.click("noor", "#ask-lore", answer.ts, "feedback", up)
    workspace.click("noor", "#ask-lore", follow_up.ts, "feedback", down)
    workspace.wait_for(lambda: workspace.views("noor"))
    workspace.submit("noor", {"fault": "out_of_date", "right_answer": "The blue card."})

    # All of it is stored.
    second, first = interactions.recent_of(lorebot.database, TEAM, NOOR, 2)
    assert first.question == "How many days of holiday do I have?"
    assert [p.path for p in first.passages if p.citation] == ["leave.md"]
    assert first.index_version is not None
    live = registry.live_record(lorebot.database)
    assert live is not None
    assert first.release_id == live.id
    assert feedback.vote_of(lorebot.database, str(first.id), NOOR) == 1
    assert feedback.vote_of(lorebot.database, str(second.id), NOOR) == -1
    [correction] = feedback.corrections_of(lorebot.database, str(second.id))
    assert (correction.fault, correction.right_answer) == ("out_of_date", "The blue card.")


def test_what_no_document_says_is_not_made_up(lorebot: Lorebot, workspace: Workspace) -> None:
    ts = workspace.post("noor", "#ask-lore", "@lorebot Who won the chess world cup in 1972?")
    [answer] = workspace.wait_for(lambda: answers(workspace, ts), timeout=20)
    assert answer.text == UNKNOWN
    assert workspace.wait_for(lambda: stored(lorebot).answer_ts == answer.ts)
    assert stored(lorebot).abstained


def test_a_promoted_release_answers_within_seconds(lorebot: Lorebot, workspace: Workspace) -> None:
    live = registry.live_record(lorebot.database)
    assert live is not None
    made = registry.add_candidate(lorebot.database, live.parts, live.id)
    registry.promote(lorebot.database, made, "By another process.")

    def answers_with_it() -> bool:
        return lorebot.desk.ask("Which card?", surface="cli").release_id == made

    workspace.wait_for(answers_with_it)
