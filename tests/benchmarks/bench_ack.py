"""How fast events are acknowledged while answers take ten seconds, with and without the inbox.

Run: python -m tests.benchmarks.bench_ack [EVENTS_PER_SECOND] [SECONDS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.app import build, build_client
from bot.config import Settings
from bot.serve import open_bot
from bot.socket_mode import disconnect
from bot.workspace.delivery import Envelope
from bot.workspace.facade import Workspace
from bot.workspace.server import open_workspace
from db import inbox
from tests.bot.conftest import FakeKnowledge

ANSWER_S = 10.0
TARGET_MS = 300.0


@dataclass
class Watch:
    """Times the workspace's socket from the sending of an event to its acknowledgement."""

    workspace: Workspace
    times_ms: list[float] = field(default_factory=list)
    unacknowledged: int = 0

    def __post_init__(self) -> None:
        transport = self.workspace._reach.backend.delivery.transport
        deliver = transport.deliver

        async def timed(envelope: Envelope) -> Any:
            began = time.perf_counter()
            try:
                return await deliver(envelope)
            except BaseException:
                self.unacknowledged += 1
                raise
            finally:
                self.times_ms.append((time.perf_counter() - began) * 1000)

        transport.deliver = timed


@contextmanager
def with_inbox(workspace: Workspace, home: Path) -> Iterator[Callable[[], str]]:
    """Lorebot as it is served."""
    knowledge = FakeKnowledge(delay_s=ANSWER_S)
    lorebot = build(Settings(home=home), knowledge=knowledge)
    tokens = {"bot_token": workspace.bot_token, "app_token": workspace.app_token}
    running = open_bot(lorebot, client_base_url=workspace.api_url, **tokens)
    yield lambda: f"{inbox.count_unfinished(lorebot.database)} questions safe in SQL"
    running.stop_intake()
    running.workers.stop(0.1)
    time.sleep(ANSWER_S)
    lorebot.close()


@contextmanager
def without_inbox(workspace: Workspace, home: Path) -> Iterator[Callable[[], str]]:
    """Bolt as its documentation shows it: the listener answers."""
    app = App(client=build_client(workspace.bot_token, workspace.api_url))
    pending: list[str] = []

    @app.event("app_mention")
    def answer(event: dict[str, Any]) -> None:
        time.sleep(ANSWER_S)

    @app.event("message")
    def ignore() -> None:
        pass

    handler = SocketModeHandler(app, workspace.app_token)
    handler.client.proxy = None
    handler.client.connect()
    queue = app.listener_runner.listener_executor._work_queue  # type: ignore[attr-defined]
    yield lambda: f"{queue.qsize() + len(pending)} listeners waiting in memory"
    disconnect(handler.client)
    app.listener_runner.listener_executor.shutdown(wait=False, cancel_futures=True)


def post_steadily(workspace: Workspace, per_second: float, seconds: float) -> None:
    """Every mention is two events, so half as many are posted."""
    pause = 2 / per_second
    deadline = time.monotonic() + seconds
    due = time.monotonic()
    while time.monotonic() < deadline:
        workspace.post("noor", "#ask-lore", "@lorebot when was the Apollo landing?")
        due += pause
        time.sleep(max(0.0, due - time.monotonic()))


def measure(bot: Any, per_second: float, seconds: float) -> tuple[Watch, str]:
    with tempfile.TemporaryDirectory() as home, open_workspace(0) as workspace:
        watch = Watch(workspace)
        with bot(workspace, Path(home)) as backlog:
            workspace.wait_for(lambda: workspace.connected)
            post_steadily(workspace, per_second, seconds)
            time.sleep(1)
            return watch, backlog()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main(per_second: float = 20.0, seconds: float = 20.0) -> bool:
    rows = [("Bolt alone", without_inbox), ("Lorebot's inbox", with_inbox)]
    print(f"{per_second:g} events/s for {seconds:g} s, answers of {ANSWER_S:g} s")
    print(
        f"{'':16} {'events':>7} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'unacked':>8}  backlog"
    )
    p99 = []
    for name, bot in rows:
        watch, backlog = measure(bot, per_second, seconds)
        times = watch.times_ms
        p99.append(percentile(times, 0.99))
        print(
            f"{name:16} {len(times):7} {statistics.median(times):8.1f} {p99[-1]:8.1f} "
            f"{max(times):8.1f} {watch.unacknowledged:8}  {backlog}"
        )
    print(f"ratio of p99: {p99[1] / p99[0]:.2f}; target: below {TARGET_MS:g} ms")
    return p99[1] < TARGET_MS


if __name__ == "__main__":
    ok = main(*map(float, sys.argv[1:]))
    print(f"threads left: {threading.active_count()}")
    sys.exit(0 if ok else 1)
