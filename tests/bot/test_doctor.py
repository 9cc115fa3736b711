"""The doctor looks at everything, changes nothing, and says what to do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.doctor import Check, examine, machine
from bot.doctor.check import tried
from bot.lorebot import Lorebot
from bot.workspace import Workspace

Examine = Callable[[str], dict[str, Check]]


@pytest.fixture
def checks(tmp_path: Path) -> Examine:
    """The checks by name, for settings of this text in a new home."""

    def look(toml: str) -> dict[str, Check]:
        config = tmp_path / "lorebot.toml"
        config.write_text(toml)
        return {check.name: check for check in examine(tmp_path / "home", config, online=False)}

    return look


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_new_home_fails_nothing_but_the_missing_documents(
    checks: Examine, tmp_path: Path
) -> None:
    found = checks("")
    states = {name: check.state for name, check in found.items() if name != "packages"}
    assert states == {
        "python": "ok",
        "settings": "ok",
        "disk": "ok",
        "file system": "ok",
        "database": "skipped",
        "embedding model": "ok",
        "documents": "failed",
        "index": "skipped",
        "generator": "ok",
        "slack tokens": "skipped",
        "slack": "skipped",
    }
    assert "knowledge.documents" in found["documents"].advice
    assert [path.name for path in tmp_path.iterdir()] == ["lorebot.toml"]


def test_a_home_in_use_is_well(sample_home: Path) -> None:
    config = sample_home.parent / "doctor.toml"
    docs = Path(__file__).parents[2] / "knowledge" / "sample" / "docs"
    config.write_text(f'[knowledge]\ndocuments = "{docs}"\n')
    found = {check.name: check for check in examine(sample_home, config, online=False)}
    assert found["database"].state == "ok"
    assert found["documents"].state == "ok"
    assert found["index"].state == "ok"
    assert "54 documents" in found["index"].found


def test_settings_that_changed_after_the_reindex_are_noticed(sample_home: Path) -> None:
    config = sample_home.parent / "changed.toml"
    config.write_text("[knowledge]\npassage_tokens = 77\n")
    found = {check.name: check for check in examine(sample_home, config, online=False)}
    assert found["index"] == Check(
        "index", "failed", "settings have changed since the last reindex", "Run: lorebot reindex"
    )


def test_wrong_settings_are_the_only_thing_told_about_lorebot(checks: Examine) -> None:
    found = checks("[knowledge]\ntopk = 3\n")
    assert "knowledge.top_k" in found["settings"].found
    assert list(found) == ["python", "packages", "settings"]


def test_an_old_schema_asks_for_an_upgrade(checks: Examine, home: Path) -> None:
    with closing(sqlite3.connect(home / "lorebot.db")) as old:
        old.execute("CREATE TABLE something (x)")
    found = checks("")
    assert found["database"].state == "failed"
    assert found["database"].advice == "Run: lorebot db upgrade"
    assert found["index"].state == "skipped"


def test_a_file_that_is_no_database_is_told_in_a_sentence(checks: Examine, home: Path) -> None:
    (home / "lorebot.db").write_text("This is no database. " * 100)
    found = checks("")
    assert found["database"].state == "failed"
    assert "not a database" in found["database"].found


def test_a_database_server_that_is_away_is_told_in_a_sentence(checks: Examine) -> None:
    found = checks('[database]\nurl = "postgresql://lore:secret@127.0.0.1:1/lore"\n')
    assert found["database"].state == "failed"
    assert "secret" not in found["database"].found
    assert found["file system"].state == "skipped"


def test_a_model_without_safe_weights_is_refused(checks: Examine, tmp_path: Path) -> None:
    found = checks(f'[knowledge]\nembedding_model = "{tmp_path}"\n')
    assert found["embedding model"].state == "failed"
    assert "safetensors" in found["embedding model"].found


def test_a_model_of_the_hub_is_not_fetched_by_a_look(checks: Examine) -> None:
    found = checks('[knowledge]\nembedding_model = "intfloat/multilingual-e5-small"\n')
    assert found["embedding model"].state == "skipped"


def test_an_empty_folder_of_documents_is_noticed(checks: Examine, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert "is empty" in checks("")["documents"].found


def test_a_home_that_cannot_be_written_is_noticed() -> None:
    found = {check.name: check for check in examine(Path("/proc/lorebot"), None, online=False)}
    assert found["file system"].state == "failed"
    assert "cannot be written" in found["file system"].found


def test_a_full_disk_is_noticed(checks: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FREE_DISK_GB", 1e9)
    assert checks("")["disk"].state == "failed"


def test_a_token_of_the_wrong_kind_is_noticed(checks: Examine) -> None:
    found = checks('[slack]\nbot_token = "xapp-1"\n')
    assert "must begin with xoxb-" in found["slack tokens"].found


def test_online_asks_for_the_tokens(settings: Settings) -> None:
    found = {check.name: check for check in examine(settings.home, None, online=True)}
    assert "SLACK_BOT_TOKEN" in found["slack tokens"].found


def test_slack_is_asked_whose_the_tokens_are(checks: Examine, workspace: Workspace) -> None:
    found = checks(tokens(workspace, workspace.bot_token, workspace.app_token))
    assert found["slack"] == Check("slack", "ok", "lorebot in Orbit Desk")


@pytest.mark.parametrize(("bot", "app_"), [("xoxb-no", ""), ("", "xapp-no")])
def test_a_token_that_slack_does_not_know_is_told(
    checks: Examine, workspace: Workspace, bot: str, app_: str
) -> None:
    text = tokens(workspace, bot or workspace.bot_token, app_ or workspace.app_token)
    found = checks(text)
    assert found["slack tokens"].state == "ok"
    assert found["slack"].found == "Slack refuses a token: invalid_auth"


def test_a_slack_that_is_away_is_told(checks: Examine) -> None:
    lines = ["[slack]", 'api_url = "http://127.0.0.1:1/api/"', 'bot_token = "xoxb-1"']
    found = checks("\n".join([*lines, 'app_token = "xapp-1"', ""]))
    assert "cannot be reached" in found["slack"].found


def tokens(workspace: Workspace, bot: str, app_: str) -> str:
    lines = ["[slack]", f'api_url = "{workspace.api_url}"', f'bot_token = "{bot}"']
    return "\n".join([*lines, f'app_token = "{app_}"', ""])


def test_a_check_that_breaks_down_is_a_finding() -> None:
    assert tried("x", lambda: str(1 // 0)) == Check(
        "x", "failed", "ZeroDivisionError: integer division or modulo by zero"
    )


def test_the_exit_code_tells_that_something_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--json", "--home", str(tmp_path)])
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["ok"] is False
    assert {"name", "state", "found", "advice"} == set(told["checks"][0])


def test_people_see_marks_and_advice(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["doctor", "--home", str(tmp_path)]).stdout
    assert "✓ python" in shown
    assert "✗ documents" in shown
    assert "– database" in shown
    assert "→ Set knowledge.documents" in shown


def test_the_home_of_a_running_lorebot_may_be_examined(lorebot: Lorebot) -> None:
    found = {c.name: c for c in examine(lorebot.settings.home, None, online=False)}
    assert found["database"].state == "ok"
    assert found["index"].found == "nothing is indexed yet"


@pytest.mark.parametrize(
    ("settings", "state", "found"),
    [
        ("", "ok", "quotes, no language model"),
        ('generator = "server"', "failed", "no model is named"),
        ('generator = "local"', "failed", "no model is named"),
        (
            'generator = "server"\n[knowledge.server]\nmodel = "m"\nurl = "http://127.0.0.1:9/v1"',
            "skipped",
            "--generator",
        ),
    ],
)
def test_the_generator_is_named_and_not_tried_unless_asked_to(
    tmp_path: Path, settings: str, state: str, found: str
) -> None:
    config = tmp_path / "lorebot.toml"
    config.write_text(f"[knowledge]\n{settings}\n")
    checks = {c.name: c for c in examine(tmp_path / "home", config, online=False)}
    assert checks["generator"].state == state
    assert found in checks["generator"].found


def test_a_server_that_is_down_is_told_when_it_is_tried(tmp_path: Path) -> None:
    config = tmp_path / "lorebot.toml"
    config.write_text(
        '[knowledge]\ngenerator = "server"\n'
        '[knowledge.server]\nmodel = "m"\nurl = "http://127.0.0.1:9/v1"\n'
    )
    checks = examine(tmp_path / "home", config, online=False, try_generator=True)
    [tried] = [check for check in checks if check.name == "generator"]
    assert tried.failed
    assert "127.0.0.1:9" in tried.found
