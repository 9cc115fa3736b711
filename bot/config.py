"""Settings: the only reader of the environment and of lorebot.toml."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import AnySource

DEFAULT_CONFIG = Path("lorebot.toml")
TOKENS = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_SIGNING_SECRET": "signing_secret",
}
PREFIX = "LOREBOT_"
FOR_TESTS = ("LOREBOT_TEST_", "LOREBOT_REQUIRE_")
TABLES = ("database", "slack", "knowledge")
TABLE = ConfigDict(extra="forbid", frozen=True)


class SettingsError(Exception):
    """A setting is missing or wrong; the message says what to do."""


class Prompt(BaseModel):
    """A question that a direct message suggests: what its button says and what it asks."""

    model_config = TABLE

    title: str = Field(min_length=1, max_length=75)
    message: str = Field(min_length=1, max_length=1000)


PROMPTS = (
    Prompt(title="First days", message="What should I know in my first days here?"),
    Prompt(title="How we work", message="How do we work together?"),
    Prompt(title="Get help", message="Whom do I ask when something does not work?"),
)


class DatabaseSettings(BaseModel):
    """The `[database]` table of lorebot.toml."""

    model_config = TABLE

    url: str = Field(default="", repr=False)
    """sqlite:///file or postgresql://user:password@host/name; empty for a file in the home."""


class SlackSettings(BaseModel):
    """The `[slack]` table of lorebot.toml."""

    model_config = TABLE

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    mode: Literal["socket", "http"] = "socket"
    host: str = "127.0.0.1"
    """Where HTTP mode listens."""
    port: int = Field(default=3000, ge=0, le=65535)
    api_url: str = ""
    """Another address of Slack's Web API, such as the local workspace's; empty for Slack."""
    admins: Annotated[tuple[str, ...], NoDecode] = ()
    """User ids of those who may use /lore status and /lore reindex."""
    workers: int = Field(default=2, ge=1, le=64)
    """How many questions are answered at once."""
    prompts: tuple[Prompt, ...] = Field(default=PROMPTS, max_length=4)

    @field_validator("admins", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """An environment variable holds the ids with commas between them."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


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
    sources: tuple[AnySource, ...] = ()
    """Where documents come from; without any, the folder knowledge.documents."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "plain", "json"] = "auto"
    """auto: plain lines on a terminal, JSON lines everywhere else."""

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


def slack_tokens() -> dict[str, str]:
    return {field: os.environ[name] for name, field in TOKENS.items() if os.environ.get(name)}


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
        raise SettingsError(sentence(error)) from None
    except UnreadableVariable as error:
        raise SettingsError(f"The environment cannot be read: {error}.") from None
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
        if key not in Settings.model_fields and not name.startswith(FOR_TESTS)
    ]
    if unknown:
        raise SettingsError(f"The environment variable {unknown[0]} names no setting.")
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


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong, in one sentence that shows no secret."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, known_keys(Settings), 1, 0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"There is no setting {key}.{hint}"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"The setting {key} is wrong: {reason}."


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        kind = field.annotation
        if get_origin(kind) is None and isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
    return keys


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
