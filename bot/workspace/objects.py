"""What a team consists of: people, channels, messages, views and files, as frozen values."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["channel", "group", "im"]


@dataclass(frozen=True, slots=True)
class User:
    """A member of the team; the bot is one too."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "#4a6a8a"
    is_admin: bool = False
    is_bot: bool = False

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.real_name.split()[:2]).upper()


@dataclass(frozen=True, slots=True)
class Channel:
    """A public or private channel, or the direct messages of one person with the bot."""

    id: str
    name: str
    members: frozenset[str]
    topic: str = ""
    is_private: bool = False
    person: str | None = None

    @property
    def is_im(self) -> bool:
        return self.person is not None

    @property
    def kind(self) -> ChannelKind:
        return "im" if self.is_im else "group" if self.is_private else "channel"


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; `content` is None until the bytes have arrived."""

    id: str
    name: str
    title: str
    mimetype: str
    length: int
    description: str = ""
    """What a picture shows, for those who cannot see it."""
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji under a message and who chose it, in order."""

    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message; (channel, ts) names it. `thread_ts` is the root's ts, and None for a root."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    client_msg_id: str | None = None
    metadata: Json | None = None
    edited_ts: str | None = None
    reactions: tuple[Reaction, ...] = ()
    files: tuple[File, ...] = ()
    streaming: bool = False
    stopped: bool = False
    """A person has stopped the stream."""


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a Home tab as the app defined it (`body`), for one person."""

    id: str
    user: str
    body: Json
    hash: str
    values: Json = field(default_factory=dict)
    previous_id: str | None = None
    root_id: str = ""

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.body["blocks"])


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command that the app registers."""

    command: str
    usage_hint: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry that the app adds to every message's menu."""

    callback_id: str
    name: str


@dataclass(frozen=True, slots=True)
class App:
    """The app as its manifest describes it; scopes or events of None mean: all of them."""

    name: str = "Lorebot"
    description: str = "Answers from your team's documents, with citations."
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    scopes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    id: str = "A0LOREBOT00"
    bot_id: str = "B0LOREBOT00"
    user: str = "U0LOREBOT00"

    @property
    def handle(self) -> str:
        return self.name.lower().replace(" ", "")

    def may(self, *any_of: str) -> bool:
        return self.scopes is None or not self.scopes.isdisjoint(any_of)

    def listens_to(self, event: str) -> bool:
        return self.events is None or event in self.events


@dataclass(frozen=True, slots=True)
class Timing:
    """Slack's time limits, in seconds; tests shorten them."""

    ack: float = 3.0
    trigger: float = 3.0
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    stream: float = 300.0
    status: float = 120.0
    response_url: float = 1800.0
