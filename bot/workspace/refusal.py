"""How the workspace says no: with Slack's error code to the bot, with a sentence to people."""

from typing import Any


class Refused(Exception):
    """Slack's `{"ok": false, "error": code}`; `messages` say which argument is wrong."""

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = list(messages)
        self.extra = extra

    def to_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {m}" for m in self.messages]}
        return answer


class Denied(Exception):
    """A person cannot do this; the text is the sentence the page shows."""
