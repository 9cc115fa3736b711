"""The `[[sources]]` of the settings, read one by one so that every mistake names its source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.settings_errors import SettingsError, hint, reason
from bot.settings_schedule import check_cron
from knowledge.sources.names import RESERVED
from knowledge.sources.settings import AnySource, SourceSettings

KINDS: Mapping[str, type[SourceSettings]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(AnySource)[0])
}
TABLES = "write a table [[sources]], with two brackets on each side, for every source"


def read_sources(value: Any, tokens: Mapping[str, str]) -> tuple[SourceSettings, ...]:
    """From a list of tables or the same as JSON; `tokens` goes by `token_variable`.

    Raises SettingsError.
    """
    given = from_json(value) if isinstance(value, str) else value
    if not isinstance(given, Sequence):
        raise SettingsError(f"sources must be a list: {TABLES}.")
    sources = tuple(read_source(one, place, tokens) for place, one in enumerate(given, 1))
    refuse_names(source.name for source in sources)
    return sources


def from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SettingsError(
            'LOREBOT_SOURCES is not JSON: write [{"name": "handbook", "kind": "folder", '
            '"path": "/srv/handbook"}], or set the sources in lorebot.toml.'
        ) from None


def read_source(given: Any, place: int, tokens: Mapping[str, str]) -> SourceSettings:
    if isinstance(given, SourceSettings):
        return given
    if not isinstance(given, Mapping):
        raise SettingsError(f"Source number {place} is no table: {TABLES}.")
    name = given.get("name")
    shown = f"The source {name}" if isinstance(name, str) and name else f"Source number {place}"
    model = model_of(given, shown)
    values = dict(given)
    if "token" in model.model_fields and (token := tokens.get(token_variable(str(name)))):
        values["token"] = token
    try:
        source = model.model_validate(values)
    except ValidationError as error:
        raise SettingsError(mistake(error.errors()[0], shown, str(name), model)) from None
    check_cron(f"The source {source.name}: schedule is wrong", source.schedule)
    check_addresses(source)
    return source


def model_of(given: Mapping[str, Any], shown: str) -> type[SourceSettings]:
    kinds = ", ".join(KINDS)
    if "kind" not in given:
        raise SettingsError(f"{shown} has no kind: write kind = and one of {kinds}.")
    model = KINDS.get(str(given["kind"]))
    if model is None:
        near = hint(str(given["kind"]), KINDS)
        raise SettingsError(
            f"{shown} is of the unknown kind {given['kind']}; there are {kinds}.{near}"
        )
    return model


def mistake(error: ErrorDetails, shown: str, name: str, model: type[SourceSettings]) -> str:
    key = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"{shown} has no setting {key}.{hint(key, model.model_fields)}"
    if error["type"] == "missing" and key == "token":
        return (
            f"{shown} needs a token: put it into the environment variable {token_variable(name)}."
        )
    if error["type"] == "missing":
        return f"{shown} needs a {key}: add {key} = to its table."
    if key == "name":
        return f"{shown}: name is wrong: use small letters, digits, - and _, at most 40 of them."
    if key == "audience" and error["type"] != "value_error":
        return f'{shown}: audience is wrong: write "public" or a list like ["C012AB3CD"].'
    return f"{shown}: {key} is wrong: {reason(error)}."


def refuse_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in RESERVED:
            raise SettingsError(
                f"No source can be called {name}, for Lorebot itself uses the name."
            )
        if name in seen:
            raise SettingsError(f"Two sources are called {name}: give each a name of its own.")
        seen.add(name)


def check_addresses(source: SourceSettings) -> None:
    """A password in an address would be shown wherever the address is."""
    has_token = bool(getattr(source, "token", None))
    for key in ("url", "sitemap", "base_url"):
        address = str(getattr(source, key, ""))
        if not address.startswith(("http://", "https://")):
            continue
        user, at, _ = urlsplit(address).netloc.rpartition("@")
        # A name alone may go with a token: some servers ask for both.
        if at and (":" in user or not (has_token and key == "url")):
            raise SettingsError(f"The source {source.name} has {TELL_TALE.format(key=key)}.")


TELL_TALE = "a name or a password in its {key}: take it out, and set a token if one is needed"


def token_variable(name: str) -> str:
    """The environment variable that holds the token of the source of this name."""
    return f"LOREBOT_SOURCE_{name.upper().replace('-', '_')}_TOKEN"


def check_token_variables(variables: Iterable[str], sources: Iterable[SourceSettings]) -> None:
    """Raises SettingsError for a token that no source takes."""
    taken = [token_variable(s.name) for s in sources if "token" in type(s).model_fields]
    for variable in variables:
        if variable not in taken:
            raise SettingsError(
                f"The environment variable {variable} names no source that takes a token."
                f"{hint(variable, taken)}"
            )
