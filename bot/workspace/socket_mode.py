"""Socket Mode: payloads go through a websocket that the app opened."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.workspace.delivery import Envelope, NotAcknowledged, NotConnected
from bot.workspace.objects import Json

GRACE = 0.5
MAX_CONNECTIONS = 10


@dataclass
class SocketMode:
    """The app's connections; each payload goes to one of them, in turn."""

    app_id: str
    ack_timeout: float
    on_change: Callable[[bool], None]
    _tickets: set[str] = field(default_factory=set)
    _connections: deque[WebSocket] = field(default_factory=deque)
    _acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def connected(self) -> bool:
        return bool(self._connections)

    def issue_ticket(self) -> str:
        """The last part of a websocket address that works once."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, websocket: WebSocket) -> None:
        """One connection, from hello to its end."""
        ticket = websocket.path_params["ticket"]
        if ticket not in self._tickets or len(self._connections) >= MAX_CONNECTIONS:
            await websocket.close(1008)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        await websocket.send_json(self._hello())
        self._connections.append(websocket)
        self._changed()
        try:
            await self._receive(websocket)
        finally:
            self._retire(websocket)

    async def deliver(self, envelope: Envelope) -> Json:
        """Send it and wait for the acknowledgement, which may come over another connection."""
        envelope_id = str(uuid4())
        ack: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = ack
        try:
            await self._send(_frame(envelope, envelope_id), waiting=envelope.kind == "events_api")
            return await asyncio.wait_for(ack, self.ack_timeout)
        except TimeoutError:
            raise NotAcknowledged("timeout") from None
        finally:
            del self._acks[envelope_id]

    async def disconnect(self, reason: str) -> None:
        """Ask every connection to come back as a new one, then close it, as Slack does."""
        old = list(self._connections)
        for websocket in old:
            self._retire(websocket)
            await websocket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
        await asyncio.sleep(GRACE)
        for websocket in old:
            await _close(websocket)

    async def cut(self) -> None:
        """Close every connection without a `disconnect` message before."""
        for websocket in list(self._connections):
            self._retire(websocket)
            await _close(websocket)

    async def _send(self, frame: Json, *, waiting: bool) -> None:
        while True:
            if not self._connections and not waiting:
                raise NotConnected("not connected")
            await self._up.wait()
            websocket = self._connections[0]
            self._connections.rotate(-1)
            try:
                return await websocket.send_json(frame)
            except (WebSocketDisconnect, RuntimeError):
                self._retire(websocket)

    async def _receive(self, websocket: WebSocket) -> None:
        while True:
            try:
                message: Any = await websocket.receive_json()
            except (WebSocketDisconnect, RuntimeError):
                return
            except (ValueError, KeyError, TypeError):
                continue
            self._acknowledge(message)

    def _acknowledge(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        ack = self._acks.get(str(message.get("envelope_id")))
        if ack and not ack.done():
            payload = message.get("payload")
            ack.set_result(payload if isinstance(payload, dict) else {})

    def _retire(self, websocket: WebSocket) -> None:
        if websocket in self._connections:
            self._connections.remove(websocket)
            self._changed()

    def _changed(self) -> None:
        if self._connections:
            self._up.set()
        else:
            self._up.clear()
        self.on_change(self.connected)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "connection_info": {"app_id": self.app_id},
            "debug_info": {"host": "local", "approximate_connection_time": 18060},
        }


def _frame(envelope: Envelope, envelope_id: str) -> Json:
    frame: Json = {
        "envelope_id": envelope_id,
        "type": envelope.kind,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.kind != "events_api",
    }
    if envelope.kind == "events_api":
        frame |= {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason}
    return frame


async def _close(websocket: WebSocket) -> None:
    try:
        await websocket.close(1000)
    except (WebSocketDisconnect, RuntimeError):
        return
