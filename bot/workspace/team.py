"""The team in memory: who is there, what was said, which views are open. It tells nobody."""

import itertools
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.workspace.objects import App, Channel, File, Json, Message, User, View


@dataclass
class Team:
    """All state of the workspace. Only the server's event loop may touch it."""

    id: str
    name: str
    domain: str
    app: App
    people: list[User]
    rooms: list[Channel]
    url: str = ""
    views: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    prompts: dict[str, Json] = field(default_factory=dict)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.users = {user.id: user for user in self.people}
        self.channels = {channel.id: channel for channel in self.rooms}
        self._messages: dict[str, dict[str, Message]] = {c: {} for c in self.channels}
        self._last_ts = 0
        self._serial = itertools.count(1)

    def new_ts(self) -> str:
        """The time now as Slack writes it; unique and increasing."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._serial):03X}{secrets.token_hex(4).upper()}"

    def find_user(self, name: str) -> User | None:
        """By id or by handle (`ada`, `@ada`)."""
        handle = name.removeprefix("@")
        return self.users.get(name) or next(
            (user for user in self.users.values() if user.name == handle), None
        )

    def find_channel(self, name: str) -> Channel | None:
        """By id or by name (`general`, `#general`); direct messages have no name here."""
        plain = name.removeprefix("#")
        return self.channels.get(name) or next(
            (c for c in self.channels.values() if c.name == plain and not c.is_im), None
        )

    def direct_channel(self, user: str) -> Channel | None:
        """The conversation of this person with the bot."""
        return next((c for c in self.channels.values() if c.person == user), None)

    def channels_of(self, user: str) -> list[Channel]:
        return [c for c in self.channels.values() if user in c.members]

    def keep_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self._messages.setdefault(channel.id, {})

    def keep(self, message: Message) -> None:
        """Store a new message, or a message that replaces the one with the same ts."""
        self._messages[message.channel][message.ts] = message

    def forget(self, message: Message) -> None:
        self._messages[message.channel].pop(message.ts, None)

    def message(self, channel: str, ts: str) -> Message | None:
        return self._messages.get(channel, {}).get(ts)

    def messages(self, channel: str) -> Iterable[Message]:
        """Every message of the channel, oldest first, ephemeral ones and replies included."""
        return self._messages[channel].values()

    def roots(self, channel: str) -> list[Message]:
        return [m for m in self.messages(channel) if m.thread_ts is None]

    def replies(self, channel: str, thread_ts: str) -> list[Message]:
        return [m for m in self.messages(channel) if m.thread_ts == thread_ts]

    def lasting_replies(self, channel: str, thread_ts: str) -> list[Message]:
        """The replies that everybody sees."""
        return [m for m in self.replies(channel, thread_ts) if m.ephemeral_to is None]

    def stack(self, user: str) -> list[View]:
        """The modals open for this person, the one on top last."""
        return [view for view in self.views.values() if view.user == user]

    def user_name(self, user: str) -> str | None:
        found = self.users.get(user)
        return found.real_name if found else None

    def channel_name(self, channel: str) -> str | None:
        found = self.channels.get(channel)
        return found.name if found else None
