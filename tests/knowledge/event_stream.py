"""Server-sent events, and a uvicorn that ends them at once: what the OpenAI server is made of."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping

import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Stream(Response):
    """Server-sent events that end when the reader goes away, also while waiting for the next."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], gone: Callable[[], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self.chunks = chunks
        self.gone = gone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.ensure_future(self.write(send))
        leaving = asyncio.ensure_future(left(receive))
        await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not writing.done():
            self.gone()
            writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing

    async def write(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class PromptServer(uvicorn.Server):
    """Leaves at once, also in the middle of an answer; uvicorn's own way takes a fifth second."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for open_socket in (*self.servers, *(sockets or ())):
            open_socket.close()
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)


def event(delta: Mapping[str, str] | None = None, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": reason}
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def cut(content: bytes, parts: int) -> list[bytes]:
    size = -(-len(content) // parts)
    return [content[start : start + size] for start in range(0, len(content), size)]
