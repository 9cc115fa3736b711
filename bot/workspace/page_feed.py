"""/client/events: what happens, told to an open page over a websocket."""

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.workspace.backend import Backend
from bot.workspace.objects import Json


async def events(websocket: WebSocket) -> None:
    backend: Backend = websocket.app.state.backend
    user = websocket.query_params.get("user", "")
    if user not in backend.team.users:
        await websocket.close(1008)
        return
    await websocket.accept()
    queue = backend.feed.open_page(user)
    queue.put_nowait({"type": "connection", "connected": backend.delivery.transport.connected})
    telling = asyncio.create_task(_tell(websocket, queue))
    try:
        await _wait_for_end(websocket)
    finally:
        telling.cancel()
        backend.feed.close_page(user, queue)


async def _tell(websocket: WebSocket, queue: asyncio.Queue[Json]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.send_json(await queue.get())


async def _wait_for_end(websocket: WebSocket) -> None:
    """The page sends nothing; this ends when it goes away."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.receive()
            if websocket.client_state.name == "DISCONNECTED":
                return
