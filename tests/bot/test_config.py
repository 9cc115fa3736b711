"""Settings come from the environment, lorebot.toml and defaults, and every mistake is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.config import (
    Settings,
    SettingsError,
    check_for_serving,
    load_settings,
    without_slack_environment,
)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "conf" / "lorebot.toml"


def written(toml: Path, text: str) -> Path:
    toml.parent.mkdir(exist_ok=True)
    toml.write_text(text)
    return toml


def mistake(toml: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(toml.parent, written(toml, text))
    return str(caught.value)


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(tmp_path / "home")
    assert settings.database.url == f"sqlite:///{tmp_path}/home/lorebot.db"
    assert (settings.slack.mode, settings.slack.workers) == ("socket", 2)
    assert settings.knowledge.documents == tmp_path / "docs"


def test_the_file_in_the_current_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "lorebot.toml", "[slack]\nworkers = 7")
    assert load_settings(tmp_path).slack.workers == 7


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Cannot read the settings .*No such file"):
        load_settings(tmp_path, tmp_path / "nowhere.toml")


def test_relative_documents_start_at_the_file(tmp_path: Path, toml: Path) -> None:
    settings = load_settings(tmp_path, written(toml, '[knowledge]\ndocuments = "handbook"'))
    assert settings.knowledge.documents == toml.parent / "handbook"


def test_the_environment_is_stronger_than_the_file(
    tmp_path: Path, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOREBOT_DATABASE__URL", "postgresql://db/lore")
    monkeypatch.setenv("LOREBOT_SLACK__ADMINS", "U1, U2")
    settings = load_settings(tmp_path, written(toml, '[slack]\nadmins = ["U9"]\nport = 4000'))
    assert settings.database.url == "postgresql://db/lore"
    assert (settings.slack.admins, settings.slack.port) == (("U1", "U2"), 4000)


def test_slacks_own_variables_give_the_tokens(
    tmp_path: Path, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-from-environment")
    settings = load_settings(tmp_path, written(toml, '[slack]\nbot_token = "xoxb-from-file"'))
    assert settings.slack.bot_token.get_secret_value() == "xoxb-from-environment"


def test_an_unknown_key_is_named_with_the_nearest_known_one(toml: Path) -> None:
    wrong = "[slack]\nwokers = 2"
    assert mistake(toml, wrong) == ("There is no setting slack.wokers. Did you mean slack.workers?")


def test_a_key_of_a_table_in_a_table_is_named_too(toml: Path) -> None:
    assert mistake(toml, "[training.retriever]\nrnak = 8") == (
        "There is no setting training.retriever.rnak. Did you mean training.retriever.rank?"
    )


def test_training_is_off_until_somebody_switches_it_on(
    tmp_path: Path, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not load_settings(tmp_path, written(toml, "")).training.enabled
    monkeypatch.setenv("LOREBOT_TRAINING__ENABLED", "true")
    monkeypatch.setenv("LOREBOT_TRAINING__RETRIEVER__RANK", "8")
    training = load_settings(tmp_path, toml).training
    assert (training.enabled, training.retriever.rank) == (True, 8)


def test_an_unknown_table_is_named(toml: Path) -> None:
    assert "There is no setting slak. Did you mean slack?" in mistake(toml, "[slak]\nx = 1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[slack]\nworkers = "two"', "slack.workers is wrong: input should be a valid integer"),
        ('log_level = "LOUD"', "log_level is wrong"),
        ("[knowledge]\ntop_k = 0", "knowledge.top_k is wrong: input should be greater than or"),
        ('[training]\nschedule = "0 3 *"', "training.schedule is wrong: it does not have five"),
        ('[training]\nmargin = "wide"', "training.margin is wrong"),
        ("training = true", "training in .* must be a table"),
        ("slack = 3", "slack in .* must be a table"),
        ('home = "x"', "say --home DIR instead"),
        ("[slack", "are not TOML"),
    ],
)
def test_a_wrong_value_is_named_with_the_reason(toml: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(toml.parent, written(toml, text))


def test_an_unknown_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOREBOT_LOGLEVEL", "DEBUG")
    with pytest.raises(SettingsError, match="LOREBOT_LOGLEVEL names no setting"):
        load_settings(tmp_path)


def test_a_file_that_is_no_text_is_named(toml: Path) -> None:
    written(toml, "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="save them as UTF-8"):
        load_settings(toml.parent, toml)


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        database={"url": "postgresql://me:hunter2@db/lore"},
        slack={"bot_token": "xoxb-hunter2", "signing_secret": "hunter2"},
    )
    assert "hunter2" not in repr(settings) + str(settings)


def slack_settings(tmp_path: Path, **slack: str) -> Settings:
    return Settings(home=tmp_path, slack=slack)


@pytest.mark.parametrize(
    ("slack", "said"),
    [
        ({}, "slack.bot_token is not set: .* SLACK_BOT_TOKEN"),
        ({"bot_token": "xapp-1"}, "slack.bot_token must begin with xoxb-"),
        ({"bot_token": "xoxb-1"}, "slack.app_token is not set"),
        ({"bot_token": "xoxb-1", "app_token": "xoxb-1"}, "slack.app_token must begin with xapp-"),
        ({"bot_token": "xoxb-1", "mode": "http"}, "slack.signing_secret is empty"),
        ({"bot_token": "xoxb-1", "mode": "http", "signing_secret": "  "}, "is empty"),
    ],
)
def test_serving_needs_its_tokens(tmp_path: Path, slack: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        check_for_serving(slack_settings(tmp_path, **slack))


def test_serving_with_all_tokens_is_fine(tmp_path: Path) -> None:
    check_for_serving(slack_settings(tmp_path, bot_token="xoxb-1", app_token="xapp-1"))
    check_for_serving(
        slack_settings(tmp_path, bot_token="xoxb-1", mode="http", signing_secret="abc")
    )


def test_slacks_variables_are_hidden_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1")
    with without_slack_environment():
        assert "SLACK_CLIENT_ID" not in os.environ
    assert os.environ["SLACK_CLIENT_ID"] == "1"
