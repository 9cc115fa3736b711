"""The arguments of a Web API call, from query, form or JSON, checked as they are read."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from bot.workspace.objects import Json
from bot.workspace.refusal import Refused

_FALSE = ("", "0", "false", "none")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the app sent; nested values may be JSON or strings that hold JSON."""

    values: Json

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def flag(self, name: str) -> bool:
        return self.text(name).lower() not in _FALSE

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """A list or object, parsed if it came as a string; None if absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except (ValueError, RecursionError):
            raise Refused(error, f"{name} must be valid JSON") from None

    def objects(self, name: str, error: str) -> list[Json] | None:
        """A list of objects; None if absent."""
        value = self.structure(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refused(error, f"must provide an array of objects [json-pointer:/{name}]")
        return value

    def names(self, name: str) -> list[str]:
        """`a,b` or ["a", "b"]."""
        value = self.values.get(name)
        if isinstance(value, list):
            return [str(item) for item in value]
        return [part for part in self.text(name).split(",") if part]

    def number(self, name: str, default: int, most: int) -> int:
        try:
            value = int(self.text(name, str(default)) or default)
        except ValueError:
            raise Refused("invalid_arguments", f"{name} must be a number") from None
        if value < 0:
            raise Refused("invalid_limit")
        return min(value or default, most)

    def page(self, items: list[Any], default: int, most: int) -> tuple[list[Any], str]:
        """The items that `cursor` and `limit` ask for, and the cursor of the next page or ''."""
        start, limit = self._cursor(), self.number("limit", default, most)
        end = start + limit
        more = _encode(f"next:{end}") if end < len(items) else ""
        return items[start:end], more

    def _cursor(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        try:
            word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
            if word == "next":
                return max(0, int(number))
        except (binascii.Error, ValueError):
            pass
        raise Refused("invalid_cursor")


def missing(name: str) -> Refused:
    return Refused("invalid_arguments", f"missing required field: {name}")


def read_arguments(query: str, body: bytes, content_type: str) -> Arguments:
    """The body wins over the query. Raises Refused for a body that cannot be read."""
    return Arguments(dict(parse_qsl(query, keep_blank_values=True)) | _body(body, content_type))


def _body(body: bytes, content_type: str) -> Json:
    if not body:
        return {}
    kind = content_type.split(";")[0].strip().lower()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused("invalid_charset") from None
    if kind == "application/json":
        return _json_object(text)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True))
    raise Refused("invalid_post_type" if kind else "missing_post_type")


def _json_object(text: str) -> Json:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("json_not_object")
    return value


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
