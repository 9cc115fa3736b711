"""Things that Slack hands out for a short time: trigger ids and response urls."""

import secrets
import time
from dataclasses import dataclass, field

from bot.workspace.refusal import Refused

RESPONSE_URL_USES = 5


@dataclass(frozen=True, slots=True)
class Trigger:
    """The right to open one modal for this person."""

    user: str
    expires: float


@dataclass
class Triggers:
    """Trigger ids: valid for a few seconds, once."""

    lifetime: float
    _open: dict[str, Trigger] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def issue(self, user: str) -> str:
        trigger_id = f"{time.time_ns() // 1000}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._open[trigger_id] = Trigger(user, time.monotonic() + self.lifetime)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The person who clicked. Raises Refused for an unknown, late or used trigger."""
        if trigger_id in self._used:
            raise Refused("exchanged_trigger_id")
        trigger = self._open.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.expires < time.monotonic():
            raise Refused("expired_trigger_id")
        self._used.add(trigger_id)
        return trigger.user


@dataclass
class ResponseUrl:
    """Where an app may answer an interaction; `message_ts` is the message that was clicked."""

    user: str
    channel: str
    expires: float
    message_ts: str | None = None
    uses_left: int = RESPONSE_URL_USES


@dataclass
class ResponseUrls:
    """Response urls: five uses in thirty minutes."""

    lifetime: float
    _open: dict[str, ResponseUrl] = field(default_factory=dict)

    def issue(self, user: str, channel: str, message_ts: str | None = None) -> str:
        key = secrets.token_urlsafe(18)
        expires = time.monotonic() + self.lifetime
        self._open[key] = ResponseUrl(user, channel, expires, message_ts)
        return key

    def use(self, key: str) -> ResponseUrl:
        """Raises Refused when it does not exist, is too old or was used five times."""
        url = self._open.get(key)
        if url is None:
            raise Refused("invalid_url")
        if url.expires < time.monotonic():
            raise Refused("expired_url")
        if not url.uses_left:
            raise Refused("used_url")
        url.uses_left -= 1
        return url
