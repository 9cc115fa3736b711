"""Settings: the only reader of the environment and of lorebot.toml."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from bot.settings_errors import SettingsError, sentence
from bot.settings_schedule import check_cron
from bot.settings_sources import check_token_variables, read_sources
from bot.settings_tables import PROMPTS, DatabaseSettings, Prompt, SlackSettings
from finetune.settings import TrainingSettings
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import AnySource, SourceSettings, or_folder

DEFAULT_CONFIG = Path("lorebot.toml")
TOKENS = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_SIGNING_SECRET": "signing_secret",
}
PREFIX = "LOREBOT_"
FOR_TESTS = ("LOREBOT_TEST_", "LOREBOT_REQUIRE_")
TABLES = ("database", "slack", "knowledge", "training")
SOURCE_TOKEN = re.compile(r"LOREBOT_SOURCE_\w+_TOKEN", re.ASCII)

__all__ = ["PROMPTS", "DatabaseSettings", "Prompt", "Settings", "SettingsError", "SlackSettings"]


class Settings(BaseSettings):
    """Everything that can be set. Strongest first: the environment, lorebot.toml, the defaults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path
    """The folder of database, models and logs; named on the command line."""
    database: DatabaseSettings = DatabaseSettings()
    slack: SlackSettings = SlackSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    training: TrainingSettings = TrainingSettings()
    sources: Annotated[tuple[AnySource, ...], NoDecode] = ()
    """Where documents come from; without any, the folder knowledge.documents."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "plain", "json"] = "auto"
    """auto: plain lines on a terminal, JSON lines everywhere else."""

    @field_validator("sources", mode="before")
    @classmethod
    def read(cls, value: Any) -> tuple[SourceSettings, ...]:
        return read_sources(value, source_tokens())

    @property
    def all_sources(self) -> tuple[AnySource, ...]:
        """Those that are set, or the one folder that stands for them."""
        return or_folder(self.sources, self.knowledge)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        def given(values: dict[str, Any]) -> PydanticBaseSettingsSource:
            return InitSettingsSource(settings_cls, values)

        return env_settings, given({"slack": slack_tokens()}), init_settings

    def model_post_init(self, _context: Any) -> None:
        if not self.database.url:
            inside = DatabaseSettings(url=f"sqlite:///{self.home}/lorebot.db")
            # Frozen for everybody else: this is still the making of it.
            self.__dict__["database"] = inside


def environment() -> dict[str, str]:
    """All of it, for programs that Lorebot starts; they are given only what they need."""
    return dict(os.environ)


def slack_tokens() -> dict[str, str]:
    return {field: os.environ[name] for name, field in TOKENS.items() if os.environ.get(name)}


def source_tokens() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if SOURCE_TOKEN.fullmatch(name)}


def load_settings(home: Path, config: Path | None = None) -> Settings:
    """Read the settings of a Lorebot that lives in `home`.

    Raises SettingsError if the named file is missing or anything in it, or in the environment, is
    wrong. The default file may be absent.
    """
    path = config or DEFAULT_CONFIG
    values = read_toml(path) if config is not None or path.exists() else {}
    check_names(path, values)
    try:
        settings = Settings(**{**values, "home": home.expanduser().absolute()})
    except ValidationError as error:
        raise SettingsError(sentence(error, Settings)) from None
    except UnreadableVariable as error:
        raise SettingsError(f"The environment cannot be read: {error}.") from None
    check_token_variables(source_tokens(), settings.sources)
    check_cron("The setting training.schedule is wrong", settings.training.schedule)
    return with_documents_beside(settings, path.parent.absolute())


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The settings {path} are not text: save them as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings {path} are not TOML: {error}.") from None


def check_names(path: Path, values: dict[str, Any]) -> None:
    """What the merging of file and environment would pass over in silence."""
    variables = [name for name in os.environ if name.startswith(PREFIX)]
    top = {name: name[len(PREFIX) :].split("__")[0].lower() for name in variables}
    unknown = [
        name
        for name, key in top.items()
        if key not in Settings.model_fields
        and not name.startswith(FOR_TESTS)
        and not SOURCE_TOKEN.fullmatch(name)
    ]
    if unknown:
        raise SettingsError(f"The environment variable {unknown[0]} names no setting.")
    parts = [name for name in variables if name.startswith(f"{PREFIX}SOURCES__")]
    if parts:
        raise SettingsError(
            f"The environment variable {parts[0]} is not read: write all sources as one list of "
            "JSON in LOREBOT_SOURCES, or in lorebot.toml."
        )
    if "home" in values or "home" in top.values():
        raise SettingsError("home is no setting: say --home DIR instead.")
    flat = [name for name in TABLES if not isinstance(values.get(name, {}), dict)]
    if flat:
        raise SettingsError(f"{flat[0]} in {path} must be a table: write [{flat[0]}].")


def with_documents_beside(settings: Settings, folder: Path) -> Settings:
    """Relative paths start at the settings file."""
    documents = folder / settings.knowledge.documents.expanduser()
    knowledge = settings.knowledge.model_copy(update={"documents": documents})
    sources = tuple(beside(source, folder) for source in settings.sources)
    return settings.model_copy(update={"knowledge": knowledge, "sources": sources})


def beside(source: AnySource, folder: Path) -> AnySource:
    paths = {
        name: folder / value.expanduser()
        for name in type(source).model_fields
        if isinstance(value := getattr(source, name), Path)
    }
    return source.model_copy(update=paths)


def check_for_serving(settings: Settings) -> None:
    """Raise SettingsError if something is missing without which Slack cannot be served."""
    slack = settings.slack
    check_token("bot_token", slack.bot_token, "xoxb-", "OAuth & Permissions")
    if slack.mode == "socket":
        check_token("app_token", slack.app_token, "xapp-", "Basic Information › App-Level Tokens")
    elif not slack.signing_secret.get_secret_value().strip():
        raise SettingsError(
            "slack.signing_secret is empty, so that nobody could tell Slack's requests from forged "
            "ones: copy it from Basic Information › App Credentials into SLACK_SIGNING_SECRET."
        )


def check_token(name: str, token: SecretStr, prefix: str, page: str) -> None:
    value = token.get_secret_value()
    variable = f"SLACK_{name.upper()}"
    if not value:
        raise SettingsError(
            f"slack.{name} is not set: copy it from the app's page {page} at "
            f"api.slack.com/apps into the environment variable {variable}."
        )
    if not value.startswith(prefix):
        raise SettingsError(
            f"slack.{name} must begin with {prefix}: copy the right one from the app's page "
            f"{page} at api.slack.com/apps into {variable}."
        )


@contextmanager
def without_slack_environment() -> Iterator[None]:
    """Hide SLACK_* for a moment: Bolt reads it, and two of them would turn it to OAuth."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def keep_proxies_from(host: str) -> None:
    """Let requests to this host go straight to it, whatever proxy the environment names."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [part for part in os.environ.get(name, "").split(",") if part]
        if host not in hosts:
            os.environ[name] = ",".join([*hosts, host])
