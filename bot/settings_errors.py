"""What is wrong with a setting, in one sentence that shows no secret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


class SettingsError(Exception):
    """A setting is missing or wrong; the message says what to do."""


def sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that is wrong."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"There is no setting {key}.{hint(key, known_keys(model))}"
    return f"The setting {key} is wrong: {reason(first)}."


def hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f" Did you mean {near[0]}?" if near else ""


def reason(error: ErrorDetails) -> str:
    said = error["msg"].removeprefix("Value error, ").replace("valid tuple", "valid list")
    return said[:1].lower() + said[1:] if error["type"] != "value_error" else said


def known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = [f"{prefix}{name}" for name in model.model_fields]
    for name, field in model.model_fields.items():
        kind = field.annotation
        if get_origin(kind) is None and isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
    return keys
