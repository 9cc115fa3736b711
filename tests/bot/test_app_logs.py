"""The log holds no token, no password and nothing that people wrote."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from bot.logs import HideBodies, JsonLines, PlainLines, configure, redact

SECRETS = [
    "xoxb-1234-abcdEFGH",
    "xoxe.xoxp-1-Mi0yLTEy",
    "xapp-1-A0123-456-deadbeef",
    "wss://wss-primary.slack.com/link/?ticket=1234-5678&app_id=9",
    "ws://127.0.0.1:8765/link/s3cr3t",
    "postgresql+psycopg://lore:hunter2@db/lore",
    "https://hooks.slack.com/commands/T1/2/abc",
    "[SQL: INSERT INTO inbox]\n[parameters: ('my salary is 5',\n 'x]')]",
    "DETAIL:  Failing row contains (1, my salary is 5).",
]
TELLTALE = ("abcd", "Mi0y", "deadbeef", "1234-5678", "s3cr3t", "hunter2", "T1/2", "salary")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_made_unreadable(secret: str) -> None:
    shown = redact(f"before {secret} after")
    assert not [word for word in TELLTALE if word in shown]
    assert shown.startswith("before ")


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("bot.x", logging.INFO, __file__, 1, message, arguments, None)


@pytest.mark.parametrize("formatter", [PlainLines(), JsonLines()])
def test_arguments_and_tracebacks_are_redacted_too(formatter: logging.Formatter) -> None:
    made = record("token %s", "xoxb-1234-abcdEFGH")
    try:
        raise ValueError("postgresql://me:hunter2@db/x")
    except ValueError:
        made.exc_info = sys.exc_info()
    shown = formatter.format(made)
    assert "abcd" not in shown
    assert "hunter2" not in shown
    assert "ValueError" in shown


def test_a_json_line_is_one_object() -> None:
    line = JsonLines().format(record("two\nlines"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines"


def test_a_request_that_nothing_listens_to_is_not_repeated() -> None:
    made = record("Unhandled request ({'text': 'my salary is 5'})\n---\n[Suggestion]")
    HideBodies().filter(made)
    assert "salary" not in made.getMessage()


def test_libraries_stay_quiet_when_everything_else_is_loud() -> None:
    configure("DEBUG", "json")
    levels = [logging.getLogger(name).level for name in ("slack_bolt", "slack_sdk")]
    logging.getLogger().handlers.clear()
    assert levels == [logging.WARNING, logging.WARNING]
