"""What people see, as plain calls from any thread."""

import time
from collections.abc import Callable
from typing import TypeVar

from bot.workspace.backend import Call
from bot.workspace.objects import Json, Message, View
from bot.workspace.reach import Reach

T = TypeVar("T")

POLL_SECONDS = 0.05


class Eyes:
    """Snapshots: what is returned does not change any more."""

    _reach: Reach

    def messages(
        self, channel: str, thread_ts: str | None = None, user: str | None = None
    ) -> list[Message]:
        """The roots of a channel, or the replies of a thread, oldest first.

        With `user` also the ephemeral messages for that person.
        """
        person, place = self._reach.place(user or self._reach.somebody(channel), channel)
        seen = self._reach.run(lambda: self._reach.deeds.visible(person, place))
        audience = (None, person) if user else (None,)
        return [m for m in seen if m.thread_ts == thread_ts and m.ephemeral_to in audience]

    def views(self, user: str) -> list[View]:
        """The modals open for this person, the one on top last."""
        person = self._reach.person(user)
        return self._reach.run(lambda: self._reach.backend.team.stack(person))

    def home(self, user: str) -> View | None:
        person = self._reach.person(user)
        return self._reach.run(lambda: self._reach.backend.team.homes.get(person))

    def status(self, channel: str, thread_ts: str, user: str | None = None) -> str:
        """What the bot says it is doing in this thread, or ''."""
        _, place = self._reach.place(user or self._reach.somebody(channel), channel)
        statuses = self._reach.backend.team.statuses
        return self._reach.run(lambda: statuses.get((place, thread_ts), ""))

    def prompts(self, user: str) -> list[Json]:
        """What the bot suggests to ask, in the conversation with this person."""
        _, place = self._reach.place(user, self._reach.direct)
        found = self._reach.run(lambda: self._reach.backend.team.prompts.get(place, {}))
        return list(found.get("prompts", []))

    def calls(self, method: str = "") -> list[Call]:
        """The Web API calls of the bot so far, oldest first, with their answers."""
        calls = self._reach.run(lambda: list(self._reach.backend.calls))
        return [call for call in calls if method in ("", call.method)]

    def wait_for(self, predicate: Callable[[], T], timeout: float = 15.0) -> T:
        """The first true value of `predicate`. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not (found := predicate()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"It did not happen within {timeout:g} s.")
            with self._reach.changed:
                self._reach.changed.wait(POLL_SECONDS)
        return found
