"""What is written to the log: plain or JSON lines, without tokens, passwords or people's words."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any, Literal

Format = Literal["auto", "plain", "json"]

LIBRARIES = ("slack_bolt", "slack_sdk", "urllib3", "httpx", "httpcore", "asyncio")
"""At DEBUG these write payloads and the socket's ticket."""

SECRETS = (
    (re.compile(r"\b(xox[a-z]|xapp|xwfp|xoxe\.xox[a-z])-[\w.-]+"), r"\1-…"),
    (re.compile(r"(\bticket=)[^&\s\"']+"), r"\1…"),
    (re.compile(r"(wss?://[^\s\"'?]+/link/?)[^\s\"']*"), r"\1…"),
    (re.compile(r"(https://hooks\.slack\.com/)[^\s\"']+"), r"\1…"),
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+@"), r"\1…@"),
    # Databases repeat the values of a failed statement, which hold what somebody wrote.
    (re.compile(r"\[parameters: .*\]", re.DOTALL), "[parameters: …]"),
    (re.compile(r"(DETAIL:).*"), r"\1 …"),
)


def redact(text: str) -> str:
    """The text with every secret made unreadable."""
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return text


class PlainLines(logging.Formatter):
    """`2026-01-31 12:00:00 INFO bot.serve: message`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class HideBodies(logging.Filter):
    """Bolt repeats the whole request when nothing listens to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "nhandled request" in str(record.msg):
            record.msg, record.args = "A request that nothing listens to came from Slack.", None
        return True


def configure(level: str = "INFO", form: Format = "auto") -> None:
    """Send all logging to stderr in one form. Call it once, at the start of a program."""
    handler = logging.StreamHandler(sys.stderr)
    plain = form == "plain" or (form == "auto" and sys.stderr.isatty())
    handler.setFormatter(PlainLines() if plain else JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quieten()


def quieten() -> None:
    """Keep the libraries from writing payloads, whatever level is set."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    bolt = logging.getLogger("slack_bolt")
    if not any(isinstance(filter_, HideBodies) for filter_ in bolt.filters):
        bolt.addFilter(HideBodies())
