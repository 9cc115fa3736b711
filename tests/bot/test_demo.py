"""The demo: the real bot in the local workspace, tried as its users try it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot import demo_talk
from bot.cli import app
from bot.config import SettingsError
from bot.demo import alone_in, demo_settings, open_demo
from bot.demo_talk import DemoFailed, Talk
from bot.workspace import Workspace
from db import feedback, interactions
from db.engine import Database, open_database


@pytest.fixture
def home(sample_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sample_home, tmp_path / "home")


@pytest.fixture
def stored(home: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{home}/lorebot.db")
    yield opened
    opened.close()


def test_once_plays_a_conversation_and_shows_what_was_stored(home: Path, stored: Database) -> None:
    done = CliRunner().invoke(app, ["demo", "--once", "--home", str(home)])
    assert done.exit_code == 0, done.stderr
    talk, rows = done.stdout.split("Stored")
    assert "Jonas Berg\n  @Lorebot Why did Philae bounce?" in talk
    assert "[1] Rosetta and Philae" in talk
    assert "Noor Haddad\n  presses 👎" in talk
    assert "fills in the form: It is not complete." in talk
    assert "Mei Tanaka\n  presses 👍" in talk
    assert "I could not find an answer to that in the documents." in talk
    assert "rating -1 by Noor Haddad" in rows
    assert "rating +1 by Mei Tanaka" in rows
    assert "correction: not_complete" in rows
    assert interactions.count(stored) == 3
    ratings = feedback.count_ratings(stored)
    assert (ratings.up, ratings.down) == (1, 1)
    assert feedback.count_corrections(stored) == 1


def test_a_second_start_reads_nothing_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_demo(home, None, 0) as demo:
        assert demo.workspace.connected
        assert demo.lorebot.commands.status().in_step
    assert "Reading" not in capsys.readouterr().err


def test_a_cited_document_can_be_read_in_the_workspace(home: Path) -> None:
    with open_demo(home, None, 0) as demo:
        found = demo.lorebot.knowledge.document("missions/rosetta-and-philae.md")
        root = demo.workspace.post("ada", "#ask-lore", "@lorebot Why did Philae bounce?")
        [answer] = demo.workspace.wait_for(
            lambda: demo.workspace.messages("#ask-lore", root), timeout=20
        )
        shown = str(answer.blocks)
    assert found is not None
    assert found.title == "Rosetta and Philae"
    assert f"{demo.workspace.url}/docs/missions/rosetta-and-philae.md" in shown


def test_without_a_bot_the_conversation_fails_in_a_sentence(
    workspace: Workspace, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_talk, "STEP_S", 0.2)
    talk = Talk(workspace, database, Console(file=io.StringIO()))
    with pytest.raises(DemoFailed, match="did not happen that Lorebot answered Jonas Berg"):
        talk.play()


def test_the_settings_of_a_team_do_not_reach_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOREBOT_DATABASE__URL", "postgresql://127.0.0.1/team")
    (tmp_path / "lorebot.toml").write_text("[knowledge]\ntop_k = 'broken'\n")
    settings = demo_settings(Path("home"), None, tmp_path / "docs", "http://127.0.0.1:1/docs/")
    assert settings.database.url == f"sqlite:///{tmp_path}/home/lorebot.db"
    assert settings.knowledge.documents == tmp_path / "docs"


def test_a_named_settings_file_may_tune_the_demo(tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("[knowledge]\ntop_k = 3\ndocuments = 'elsewhere'\n")
    settings = demo_settings(tmp_path / "home", config, tmp_path / "docs", "")
    assert settings.knowledge.top_k == 3
    assert settings.knowledge.documents == tmp_path / "docs"


def test_two_demos_do_not_share_a_home(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(SettingsError, match="Another demo"):
        alone_in(tmp_path).__enter__()


def test_a_home_that_cannot_be_made_is_told_in_a_sentence() -> None:
    done = CliRunner().invoke(app, ["demo", "--home", "/proc/lorebot"])
    assert done.exit_code == 1
    assert done.stderr.startswith("Cannot write in /proc/lorebot: ")


def test_a_port_that_is_taken_is_told_in_a_sentence(workspace: Workspace, home: Path) -> None:
    port = workspace.url.rsplit(":", 1)[1]
    done = CliRunner().invoke(app, ["demo", "--home", str(home), "--port", port])
    assert done.exit_code == 1
    assert f"Port {port} is not free" in done.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_cleanly(home: Path, sent: signal.Signals) -> None:
    code = "from bot.cli import main; main()"
    arguments = [sys.executable, "-c", code, "demo", "--port", "0", "--home", str(home)]
    root = Path(demo_talk.__file__).parents[1]
    with subprocess.Popen(
        arguments,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        shown = next(line for line in process.stdout if "Open http://127.0.0.1:" in line)
        process.send_signal(sent)
        rest, errors = process.communicate(timeout=60)
    assert "#ask-lore" in shown
    assert "Stopping." in rest
    assert errors == ""
    assert process.returncode == 0
