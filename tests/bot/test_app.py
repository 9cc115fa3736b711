"""Wiring: a Lorebot is built whole or not at all, and only its settings decide how."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from slack_bolt.error import BoltError

from bot.app import build, build_bolt, build_client, surface_of
from bot.config import Settings
from bot.lorebot import Lorebot
from bot.workspace.facade import Workspace
from db import registry
from db.engine import DatabaseUnusable
from db.schema import is_current
from knowledge.errors import KnowledgeUnusable
from knowledge.settings import KnowledgeSettings


def test_building_migrates_and_makes_the_release_live(lorebot: Lorebot) -> None:
    live = registry.live_release(lorebot.database)
    assert is_current(lorebot.database)
    assert live is not None
    assert live[1] == lorebot.knowledge.release_parts()


def test_building_again_keeps_the_release(lorebot: Lorebot, settings: Settings) -> None:
    live = registry.live_release(lorebot.database)
    again = build(settings, knowledge=lorebot.knowledge)
    assert registry.live_release(again.database) == live
    again.close()


def test_a_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database={"url": "mysql://db/lore"})
    with pytest.raises(DatabaseUnusable, match="only"):
        build(settings)


def test_a_missing_model_is_said_and_the_database_closed(tmp_path: Path) -> None:
    knowledge = KnowledgeSettings(embedding_model=str(tmp_path / "no-model"))
    with pytest.raises(KnowledgeUnusable):
        build(Settings(home=tmp_path, knowledge=knowledge))


def test_bolt_is_not_swayed_by_the_environment(
    lorebot: Lorebot, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "2")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-another-app")
    app = build_bolt(lorebot, build_client(workspace.bot_token, workspace.api_url))
    assert app.oauth_flow is None
    assert app.client.token == workspace.bot_token


def test_a_refused_token_is_noticed_at_once(lorebot: Lorebot, workspace: Workspace) -> None:
    with pytest.raises(BoltError, match="invalid_auth"):
        build_bolt(lorebot, build_client("xoxb-wrong", workspace.api_url))


def test_the_libraries_do_not_write_payloads(
    lorebot: Lorebot, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = build_bolt(lorebot, build_client(workspace.bot_token, workspace.api_url))
    assert app.logger.level == app.client.logger.level == logging.WARNING


def test_only_slacks_own_address_is_slack() -> None:
    assert surface_of("https://slack.com/api/") == "slack"
    assert surface_of("http://127.0.0.1:8765/api/") == "workspace"


def test_calls_to_this_machine_go_around_a_proxy(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet")
    monkeypatch.setenv("no_proxy", "intranet")
    client = build_client(workspace.bot_token, workspace.api_url)
    assert client.auth_test()["ok"]
