"""An event loop in a thread of its own: what runs there can be ended at any point, also waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any

CLOSE_SECONDS = 5.0


class LoopThread:
    """Starts with the first coroutine; `on_close` runs in the loop after all others have ended."""

    def __init__(self, name: str, on_close: Callable[[], Awaitable[None]]) -> None:
        self._on_close = on_close
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._closed = False

    def start(self, coroutine: Coroutine[Any, Any, None]) -> Future[None]:
        """Run it beside the others. Raises RuntimeError after close."""
        with self._lock:
            if self._closed:
                coroutine.close()
                raise RuntimeError("closed")
            if not self._ready.is_set():
                self._thread.start()
                self._ready.wait()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        with self._lock:
            if self._closed or not self._ready.is_set():
                self._closed = True
                return
            self._closed = True
        self._loop.call_soon_threadsafe(self._told.set)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(self._stay())

    async def _stay(self) -> None:
        self._told = asyncio.Event()
        self._ready.set()
        await self._told.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._on_close()
