"""Opens the workspace: binds 127.0.0.1 and serves from a thread of its own."""

import asyncio
import errno
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from bot.workspace.addresses import build_app
from bot.workspace.backend import Backend
from bot.workspace.documents import Page, ReadDocument
from bot.workspace.facade import Workspace
from bot.workspace.faults import Faults
from bot.workspace.objects import App, Timing
from bot.workspace.orbit_desk import LOREBOT, orbit_desk

HOST = "127.0.0.1"
START_SECONDS = 10.0


class PortInUse(Exception):
    """Another program listens on the port; the text says what to do."""


class PromptServer(uvicorn.Server):
    """uvicorn that leaves when it is told to, instead of looking for it ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told = asyncio.Event()

    async def main_loop(self) -> None:
        await self.told.wait()


class CuttableProtocol(H11Protocol):
    """HTTP whose requests can cut their own connection, for faults: `request.state.cut()`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = self.app_state | {"cut": transport.abort}


def open_workspace(
    host_port: int = 8765,
    *,
    app: App = LOREBOT,
    read_document: ReadDocument | None = None,
    timing: Timing | None = None,
    bot_token: str | None = None,
    app_token: str | None = None,
) -> Workspace:
    """Serve the Orbit Desk team until `close()`. Port 0 takes any free port.

    `read_document` gives the page for a path under /docs/. Raises PortInUse.
    """
    listener = _listen(host_port)
    team = orbit_desk(app)
    team.url = f"http://{HOST}:{listener.getsockname()[1]}"
    changed = threading.Condition()
    backend = Backend(
        team=team,
        timing=timing or Timing(),
        faults=Faults(),
        bot_token=bot_token or f"xoxb-{secrets.token_hex(16)}",
        app_token=app_token or f"xapp-1-{secrets.token_hex(16)}",
        on_change=lambda: _notify(changed),
    )
    loop, close = _serve(backend, read_document or _no_document, listener)
    return Workspace(backend, loop, changed, close)


def _no_document(path: str) -> Page | None:
    return None


def _notify(changed: threading.Condition) -> None:
    with changed:
        changed.notify_all()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortInUse(
                f"Port {port} is not free. Stop the program that uses it,"
                f" or choose another port with --port."
            ) from None
        raise
    return listener


def _serve(
    backend: Backend, read_document: ReadDocument, listener: socket.socket
) -> tuple[asyncio.AbstractEventLoop, Callable[[], None]]:
    """Run uvicorn in a thread; returns its event loop and what stops it."""
    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    def on_start() -> None:
        loops.append(asyncio.get_running_loop())
        started.set()

    server = PromptServer(_config(build_app(backend, read_document, on_start)))
    thread = threading.Thread(target=server.run, args=([listener],), name="workspace", daemon=True)
    thread.start()
    if not started.wait(START_SECONDS):
        raise RuntimeError("The local workspace did not start; see the log for why.")

    def close() -> None:
        loops[0].call_soon_threadsafe(server.told.set)
        thread.join(START_SECONDS)
        listener.close()

    return loops[0], close


class ClosingProtocol(WebSocketsSansIOProtocol):
    """A connection that its other side is closing already can be closed as well."""

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws=ClosingProtocol,
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
