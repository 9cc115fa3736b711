"""From any thread to the workspace's event loop, and from names to ids."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.workspace.backend import Backend
from bot.workspace.deeds import Deeds
from bot.workspace.refusal import Denied

T = TypeVar("T")

CALL_SECONDS = 30.0


@dataclass
class Reach:
    """The event loop owns all state: everything is done and read there."""

    backend: Backend
    loop: asyncio.AbstractEventLoop
    changed: threading.Condition

    def __post_init__(self) -> None:
        self.deeds = Deeds(self.backend)
        self.direct = f"@{self.backend.team.app.handle}"

    def run(self, function: Callable[[], T]) -> T:
        async def call() -> T:
            return function()

        return self.wait(call())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(CALL_SECONDS)

    def person(self, name: str) -> str:
        """The id of a person, by handle or id."""
        found = self.run(lambda: self.backend.team.find_user(name))
        if found is None:
            raise Denied(f"There is nobody called {name}.")
        return found.id

    def place(self, user: str, channel: str) -> tuple[str, str]:
        """The ids of a person and a channel; `@lorebot` is their conversation with the bot."""
        team, person = self.backend.team, self.person(user)
        if channel == self.direct:
            found = self.run(lambda: team.direct_channel(person))
        else:
            found = self.run(lambda: team.find_channel(channel))
        if found is None:
            raise Denied(f"There is no channel called {channel}.")
        return person, found.id

    def somebody(self, channel: str) -> str:
        """Any person in the channel: all of them see the same, but for ephemeral messages."""
        found = self.run(lambda: self.backend.team.find_channel(channel))
        members = found.members if found else frozenset()
        people = sorted(members - {self.backend.team.app.user})
        if not people:
            raise Denied(f"Nobody is in {channel}. Say whose messages you mean with user=….")
        return people[0]
