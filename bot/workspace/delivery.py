"""Brings payloads to the app and insists: an event that nobody acknowledges is sent again."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.workspace.faults import Faults
from bot.workspace.objects import Json, Timing

Kind = Literal["events_api", "interactive", "slash_commands"]

BACKLOG = 1_000
log = logging.getLogger(__name__)


class NotAcknowledged(Exception):
    """The app did not acknowledge in time; the text is Slack's retry reason."""


class NotConnected(NotAcknowledged):
    """There is no connection to the app."""


class Unwanted(NotAcknowledged):
    """The app asked for no retries (`X-Slack-No-Retry: 1`)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One payload on its way, for the first time (attempt 0) or once more."""

    kind: Kind
    payload: Json
    attempt: int = 0
    reason: str = ""


class Transport(Protocol):
    """Socket Mode or signed HTTP requests."""

    @property
    def connected(self) -> bool: ...

    async def deliver(self, envelope: Envelope) -> Json:
        """The payload of the acknowledgement. Raises NotAcknowledged.

        Events wait for a connection; what a person triggers does not.
        """
        ...


@dataclass
class Delivery:
    """Sends events in the background and interactions while the person waits."""

    transport: Transport
    timing: Timing
    faults: Faults
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        """Is nothing on its way to the app?"""
        return not self._tasks

    def send_event(self, payload: Json) -> None:
        if len(self._tasks) >= BACKLOG:
            log.warning("Dropped an event: %s others wait for the app to connect", BACKLOG)
            return
        self._in_background(self._deliver_event(payload))

    async def send_interaction(self, kind: Kind, payload: Json) -> Json:
        """The payload of the acknowledgement. Raises NotAcknowledged."""
        return await self._deliver(Envelope(kind, payload))

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _deliver_event(self, payload: Json) -> None:
        envelope = Envelope("events_api", payload)
        for attempt, delay in enumerate((*self.timing.retries, None), start=1):
            reason = await self._try(envelope)
            if reason is None:
                return
            if delay is None:
                break
            await asyncio.sleep(delay)
            envelope = Envelope("events_api", payload, attempt, reason)
        log.warning("Gave up on event %s after %s tries", payload.get("event_id"), attempt)

    async def _try(self, envelope: Envelope) -> str | None:
        """Why it has to be sent again, or None."""
        try:
            await self._deliver(envelope)
        except NotAcknowledged as error:
            return None if isinstance(error, Unwanted) else str(error)
        return "timeout" if self.faults.take_repeat() else None

    async def _deliver(self, envelope: Envelope) -> Json:
        acknowledgement = await self.transport.deliver(envelope)
        if self.faults.take_ack():
            raise NotAcknowledged("timeout")
        return acknowledgement

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
