"""Serving: it starts with a sentence or not at all, stops in order, and survives being killed."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import build
from bot.config import Settings, SettingsError
from bot.lorebot import Lorebot
from bot.owners import is_dead, new_owner
from bot.serve import open_bot, open_http, serve
from bot.workspace.facade import Workspace
from bot.workspace.objects import Message
from bot.workspace.refusal import Denied
from db import inbox
from db.engine import Database, DatabaseUnusable

SCRIPT = Path(__file__).parent / "serve_fake.py"
ROOT = Path(__file__).parents[2]
MENTION = "@lorebot when was the Apollo landing?"


@pytest.mark.parametrize(
    ("slack", "said"),
    [
        ({}, "slack.bot_token is not set"),
        ({"bot_token": "xoxb-1"}, "slack.app_token is not set"),
        ({"bot_token": "xoxb-1", "mode": "http"}, "slack.signing_secret is empty"),
    ],
)
def test_serving_without_tokens_stops_before_anything_is_opened(
    tmp_path: Path, slack: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        serve(Settings(home=tmp_path, slack=slack))
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_database_address_is_said(tmp_path: Path, knowledge: Any) -> None:
    settings = Settings(home=tmp_path, database={"url": "postgresql://127.0.0.1:1/x"})
    with pytest.raises(DatabaseUnusable, match=r"Cannot open the database .* Check database\.url"):
        build(settings, knowledge=knowledge)


def connecting(lorebot: Lorebot, workspace: Workspace, **changes: str) -> str:
    tokens = {
        "client_base_url": workspace.api_url,
        "bot_token": workspace.bot_token,
        "app_token": workspace.app_token,
    }
    with pytest.raises(SettingsError) as caught:
        open_bot(lorebot, **(tokens | changes))
    return str(caught.value)


def test_a_refused_bot_token_is_said(lorebot: Lorebot, workspace: Workspace) -> None:
    said = connecting(lorebot, workspace, bot_token="xoxb-wrong")
    assert said.startswith("Slack refuses slack.bot_token: invalid_auth.")


def test_a_refused_app_token_is_said(lorebot: Lorebot, workspace: Workspace) -> None:
    said = connecting(lorebot, workspace, app_token="xapp-wrong")
    assert said.startswith("Slack refuses slack.app_token: invalid_auth.")


def test_an_address_where_nobody_listens_is_said(lorebot: Lorebot, workspace: Workspace) -> None:
    said = connecting(lorebot, workspace, client_base_url="http://127.0.0.1:1/api/")
    assert said.startswith("Cannot reach Slack at http://127.0.0.1:1/api/:")


def test_a_port_that_is_taken_is_said(lorebot: Lorebot, workspace: Workspace) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    slack = lorebot.settings.slack.model_copy(update={"port": taken.getsockname()[1]})
    lorebot.settings.__dict__["slack"] = slack
    with pytest.raises(SettingsError, match=r"Cannot listen on .* Choose another"):
        open_http(lorebot, bot_token=workspace.bot_token)
    taken.close()


@dataclass
class Service:
    """Lorebot in a process of its own, started again whenever it has been killed."""

    home: Path
    workspace: Workspace
    delay_s: float = 0.0
    process: subprocess.Popen[str] | None = None
    killed: int = 0
    outputs: list[str] = field(default_factory=list)

    def start(self) -> None:
        place = (self.workspace.api_url, self.workspace.bot_token, self.workspace.app_token)
        command = [sys.executable, str(SCRIPT), str(self.home), *place, str(self.delay_s)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.workspace.wait_for(lambda: self.workspace.connected)

    def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        self.outputs.append(output)
        self.killed += 1
        return self.process.returncode

    def replies(self, ts: str) -> list[Message]:
        return self.workspace.messages("#ask-lore", ts)

    def all_answered(self, asked: list[str], timeout: float) -> None:
        self.workspace.wait_for(lambda: all(self.replies(ts) for ts in asked), timeout)


@pytest.fixture
def service(tmp_path: Path, workspace: Workspace) -> Iterator[Service]:
    made = Service(tmp_path, workspace)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.fixture
def stored(service: Service, database: Database) -> Database:
    return database


def statuses(database: Database) -> list[str]:
    with database.reading() as session:
        return [row[0] for row in session.execute(text("SELECT status FROM inbox ORDER BY id"))]


def test_a_killed_process_loses_no_question_that_slack_saw_acknowledged(
    service: Service, workspace: Workspace, stored: Database
) -> None:
    service.delay_s = 0.6
    service.start()
    asked = [workspace.post("noor", "#ask-lore", MENTION) for _ in range(4)]
    workspace.wait_for(lambda: len(statuses(stored)) == 4)
    assert "done" not in statuses(stored)[2:]
    service.kill()
    service.delay_s = 0.0
    service.start()
    # Sooner than a lease runs out: a process that starts again knows that the one before is dead.
    service.all_answered(asked, timeout=12)
    workspace.wait_for(lambda: inbox.count_unfinished(stored) == 0)
    assert [len(service.replies(ts)) for ts in asked] == [1] * 4


def test_a_killed_process_loses_no_vote_that_was_confirmed(
    service: Service, workspace: Workspace, stored: Database
) -> None:
    service.start()
    ts = workspace.post("noor", "#ask-lore", MENTION)
    [answer] = workspace.wait_for(lambda: service.replies(ts))
    value = answer.blocks[-1]["elements"][0]["positive_button"]["value"]
    workspace.click("noor", "#ask-lore", answer.ts, "feedback", value)
    service.kill()
    with stored.reading() as session:
        assert session.execute(text("SELECT rater, value FROM rating")).all() == [
            ("U0NOORHADAD", 1)
        ]


def test_a_stopped_process_ends_in_order(
    service: Service, workspace: Workspace, stored: Database
) -> None:
    service.delay_s = 1.0
    service.start()
    ts = workspace.post("noor", "#ask-lore", MENTION)
    workspace.wait_for(lambda: statuses(stored) == ["working"])
    began = time.monotonic()
    assert service.kill(signal.SIGTERM) == 0
    assert time.monotonic() - began < 20
    assert len(service.replies(ts)) == 1
    assert statuses(stored) == ["done"]
    assert "Traceback" not in service.outputs[0]


def test_only_a_process_that_is_gone_is_dead() -> None:
    own = new_owner()
    host = own.partition(":")[0]
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert [is_dead(f"{host}:{number}:abcd") for number in (gone.pid, os.getppid())] == [
        True,
        False,
    ]
    assert [is_dead(owner) for owner in (own, f"elsewhere:{gone.pid}:abcd", "", "another")] == [
        False
    ] * 4
    assert is_dead(f"{host}:{os.getpid()}:a-process-before-this-one")


@dataclass
class Storm:
    """People ask and vote while the process is killed again and again."""

    service: Service
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    asked: list[str] = field(default_factory=list)
    confirmed: dict[str, int] = field(default_factory=dict)
    """The last vote of the one voter, by interaction, where it was confirmed."""

    def rage(self, kills: int) -> None:
        for _ in range(kills):
            self.service.start()
            post = self.service.workspace.post
            self.asked += [post("noor", "#ask-lore", MENTION) for _ in range(6)]
            time.sleep(self.chance.random() * 0.8)
            for answer in [m for ts in self.asked[-12:] for m in self.service.replies(ts)]:
                self.vote(answer, *self.chance.choice([("up", 1), ("down", -1)]))
            self.service.kill()

    def vote(self, answer: Message, way: str, value: int) -> None:
        assert answer.metadata is not None
        interaction = answer.metadata["event_payload"]["interaction_id"]
        side = {"up": "positive_button", "down": "negative_button"}[way]
        sent = answer.blocks[-1]["elements"][0][side]["value"]
        try:
            self.service.workspace.click("noor", "#ask-lore", answer.ts, "feedback", sent)
        except Denied:
            # Not confirmed: it may be stored or not.
            self.confirmed.pop(interaction, None)
        else:
            self.confirmed[interaction] = value


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_kills_lose_nothing_and_repeat_nothing(
    service: Service, workspace: Workspace, stored: Database
) -> None:
    service.delay_s = 0.05
    storm = Storm(service)
    storm.rage(kills=25)
    service.start()
    service.all_answered(storm.asked, timeout=240)
    workspace.wait_for(lambda: inbox.count_unfinished(stored) == 0, timeout=240)
    assert [len(service.replies(ts)) for ts in storm.asked] == [1] * 150
    with stored.reading() as session:
        ratings = dict(session.execute(text("SELECT interaction_id, value FROM rating")).all())
    assert len(storm.confirmed) > 5
    assert {name: ratings.get(name) for name in storm.confirmed} == storm.confirmed


SCHEDULED = """
[slack]
api_url = "{api_url}"

[[sources]]
name = "handbook"
kind = "folder"
path = "handbook"
schedule = "* * * * *"
"""


def test_serving_reads_sources_by_their_schedule_and_stops_within_seconds(
    tmp_path: Path, workspace: Workspace, database: Database
) -> None:
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "loans.md").write_text("# Loans\n\nSix weeks for a book.\n")
    config = tmp_path / "lorebot.toml"
    config.write_text(SCHEDULED.format(api_url=workspace.api_url))
    tokens = {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    code = "from bot.cli import main; main()"
    served = subprocess.Popen(
        [sys.executable, "-c", code, "--home", str(tmp_path), "--config", str(config), "serve"],
        env=os.environ | tokens,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    workspace.wait_for(lambda: "done" in runs_of(database, "reindex:handbook"), timeout=100)
    stopped_at = time.monotonic()
    served.send_signal(signal.SIGTERM)
    _, logged = served.communicate(timeout=60)
    assert served.returncode == 0
    assert time.monotonic() - stopped_at < 30
    assert "Traceback" not in logged
    assert set(runs_of(database, "reindex")) == {"done"}


def runs_of(database: Database, job: str) -> list[str]:
    query = text("SELECT status FROM job_claim WHERE job = :job")
    with database.reading() as session:
        return [row[0] for row in session.execute(query, {"job": job})]
