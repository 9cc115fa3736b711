"""The running workspace, for the demo, the command line and the tests."""

import asyncio
import threading
from collections.abc import Callable

from bot.workspace.backend import Backend
from bot.workspace.eyes import Eyes
from bot.workspace.faults import Faults
from bot.workspace.hands import Hands
from bot.workspace.http_mode import HttpMode
from bot.workspace.reach import Reach


class Workspace(Hands, Eyes):
    """`post("ada", "#ask-lore", "@lorebot why is Mars red?")`, then look at `messages(…)`."""

    def __init__(
        self,
        backend: Backend,
        loop: asyncio.AbstractEventLoop,
        changed: threading.Condition,
        stop: Callable[[], None],
    ) -> None:
        self._reach = Reach(backend, loop, changed)
        self._stop = stop
        self._http: HttpMode | None = None

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if self._http:
            self._http.close()
        self._stop()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._reach.backend.team.url

    @property
    def api_url(self) -> str:
        """`base_url` for slack_sdk's WebClient."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self._reach.backend.bot_token

    @property
    def app_token(self) -> str:
        return self._reach.backend.app_token

    @property
    def bot_user(self) -> str:
        return self._reach.backend.team.app.user

    @property
    def faults(self) -> Faults:
        """Troubles to order."""
        return self._reach.backend.faults

    @property
    def connected(self) -> bool:
        """Is the bot there?"""
        return self._reach.backend.delivery.transport.connected

    @property
    def told(self) -> bool:
        """Has the bot acknowledged every event, or been given up on?"""
        return self._reach.backend.delivery.idle

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the bot to reconnect, as Slack does every few hours."""
        self._reach.wait(self._reach.backend.socket.disconnect(reason))

    def cut_connections(self) -> None:
        """Close the bot's connections without asking it to open new ones first."""
        self._reach.wait(self._reach.backend.socket.cut())

    def use_http(self, request_url: str, signing_secret: str) -> None:
        """Send signed requests there from now on instead of using Socket Mode.

        Raises ValueError if the address does not answer Slack's url_verification challenge.
        """
        mode = HttpMode(request_url, signing_secret, self._reach.backend.timing.ack)
        if not mode.answers_challenge():
            mode.close()
            raise ValueError(
                f"{request_url} did not answer the url_verification challenge."
                " Start the bot in HTTP mode there, with the same signing secret."
            )
        self._http = mode
        self._reach.run(lambda: self._switch(mode))

    def _switch(self, mode: HttpMode) -> None:
        self._reach.backend.delivery.transport = mode
        self._reach.backend.feed.connection(True)
