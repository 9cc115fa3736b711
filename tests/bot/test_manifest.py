"""Slack's manifest asks for what the code listens to and calls, and for nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient

from bot.config import PROMPTS
from bot.listeners import COMMAND, COMMAND_SCOPES, EVENTS, METHODS
from bot.workspace.webapi import METHODS as KNOWN_METHODS

ROOT = Path(__file__).parents[2]
SOURCES = [
    *(path for path in (ROOT / "bot").glob("*.py") if path.name not in ("doctor.py", "demo.py")),
    *(ROOT / "bot" / "listeners").glob("*.py"),
]
CLIENTS = ("client", "quick")
COMPOSED = {"files_upload_v2": {"files_getUploadURLExternal", "files_completeUploadExternal"}}
"""What slack_sdk makes of several methods."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text())
    return loaded


def methods_called(source: str) -> Iterator[str]:
    """`client.chat_postMessage` and `self.quick.x`, where x is a method of Slack's Web API."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and "_" in node.attr:
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name in CLIENTS and callable(getattr(WebClient, node.attr, None)):
                yield node.attr


def called() -> set[str]:
    return {name for path in SOURCES for name in methods_called(path.read_text())}


def test_the_table_of_methods_is_what_the_code_calls() -> None:
    assert called() == METHODS.keys()


def test_a_call_would_be_noticed() -> None:
    source = "def f(self, client):\n    client.files_upload_v2(x)\n    self.quick.chat_delete()\n"
    assert set(methods_called(source)) == {"files_upload_v2", "chat_delete"}


def test_the_scopes_are_those_of_events_methods_and_the_command(manifest: dict[str, Any]) -> None:
    needed = COMMAND_SCOPES.union(*EVENTS.values(), *METHODS.values())
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == sorted(needed)
    assert manifest["oauth_config"]["scopes"].keys() == {"bot"}


def test_the_events_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    asked = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert sorted(asked) == sorted(EVENTS)


def test_the_workspace_knows_every_method_that_is_called() -> None:
    single = (METHODS.keys() - COMPOSED.keys()).union(*COMPOSED.values())
    dotted = {name.replace("_", ".") for name in single}
    known = {name.lower() for name in KNOWN_METHODS}
    assert {name.lower() for name in dotted} <= known


def test_the_command_and_the_suggestions_are_the_codes(manifest: dict[str, Any]) -> None:
    features = manifest["features"]
    assert [entry["command"] for entry in features["slash_commands"]] == [COMMAND]
    assert features["agent_view"]["suggested_prompts"] == [p.model_dump() for p in PROMPTS]


def test_it_is_an_app_as_slack_makes_them_now(manifest: dict[str, Any]) -> None:
    features, settings = manifest["features"], manifest["settings"]
    assert "assistant_view" not in features
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert features["app_home"]["messages_tab_read_only_enabled"] is False
    assert settings["interactivity"]["is_enabled"]
    assert settings["socket_mode_enabled"]
    assert len(manifest["display_information"]["description"]) <= 140
