"""Serve Slack until told to stop: connect, answer, and end without losing anything."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot import logs
from bot.app import build, build_bolt, build_client, surface_of
from bot.config import Settings, SettingsError, check_for_serving
from bot.delivery import Courier
from bot.http import PATH, build_http
from bot.lorebot import Lorebot
from bot.schedule import Schedule, learning_jobs, reindex_jobs
from bot.socket_mode import SlackUnusable, connect, disconnect, slack_errors
from bot.workers import Workers
from db.engine import Database

log = logging.getLogger(__name__)

INTAKE_S = 4.0
DRAIN_S = 11.0
REINDEX_DRAIN_S = 3.0
FOLLOWING_S = 2.0
QUICK_S = 3


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A Bolt app with its connection to Slack and its workers."""

    lorebot: Lorebot
    app: App
    workers: Workers
    connected: Callable[[], bool]
    stop_intake: Callable[[], None]
    following: threading.Thread
    """Looks which release is live."""
    address: str = ""
    """Where HTTP mode listens."""

    def close(self) -> None:
        """Take nothing new, finish what is in hand or hand it back; at most some 20 s."""
        listeners = self.app.listener_runner.listener_executor
        self.stop_intake()
        listeners.shutdown(wait=False)
        if not self.workers.stop(DRAIN_S):
            log.warning("stopped before every answer was finished; they are taken up again")
        self.following.join(FOLLOWING_S)
        self.lorebot.commands.stop(REINDEX_DRAIN_S)
        listeners.shutdown(wait=True)


def open_bot(
    lorebot: Lorebot, *, client_base_url: str | None = None, bot_token: str, app_token: str
) -> RunningBot:
    """Connect to Slack, or to the workspace at `client_base_url`, and answer from now on.

    Raises SlackUnusable.
    """
    app, workers = open_app(lorebot, client_base_url or "", bot_token)
    handler = SocketModeHandler(app, app_token, logger=logging.getLogger("slack_bolt"))
    if surface_of(app.client.base_url) != "slack":
        handler.client.proxy = None
    try:
        connect(handler.client)
    except SlackUnusable:
        disconnect(handler.client)
        raise
    workers.start()
    return RunningBot(
        lorebot,
        app,
        workers,
        connected=handler.client.is_connected,
        stop_intake=lambda: disconnect(handler.client),
        following=follow_releases(lorebot, workers.stopping),
    )


def open_http(lorebot: Lorebot, *, bot_token: str) -> RunningBot:
    """Take signed requests at slack.host and slack.port, and answer from now on.

    Raises SlackUnusable, SettingsError if the port is taken.
    """
    slack = lorebot.settings.slack
    listener = listen(slack.host, slack.port)
    app, workers = open_app(lorebot, slack.api_url, bot_token)
    web = build_http(
        app,
        slack.signing_secret.get_secret_value(),
        lambda: {"database": answers(lorebot.database), "workers": not workers.stopping.is_set()},
    )
    config = uvicorn.Config(
        web, lifespan="off", log_config=None, access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)

    def stop() -> None:
        server.should_exit = True
        thread.join(INTAKE_S)
        listener.close()

    thread.start()
    workers.start()
    address = f"http://{slack.host}:{listener.getsockname()[1]}{PATH}"
    log.info("listening on %s", address)
    following = follow_releases(lorebot, workers.stopping)
    return RunningBot(lorebot, app, workers, thread.is_alive, stop, following, address)


def follow_releases(lorebot: Lorebot, stop: threading.Event) -> threading.Thread:
    """A release that is promoted, by whomever, answers within seconds from now on."""
    watch = lorebot.knowledge.watch
    thread = threading.Thread(target=watch, args=(stop,), name="releases", daemon=True)
    thread.start()
    return thread


def open_app(lorebot: Lorebot, base_url: str, bot_token: str) -> tuple[App, Workers]:
    client = build_client(bot_token, base_url)
    with slack_errors("bot_token", client.base_url):
        client.auth_test()
        app = build_bolt(lorebot, client)
    courier = Courier(client, build_client(bot_token, base_url, timeout=QUICK_S))
    workers = Workers(
        lorebot.database,
        lorebot.desk,
        courier,
        surface_of(client.base_url),
        count=lorebot.settings.slack.workers,
        wake=lorebot.wake,
        stops=lorebot.stops,
    )
    return app, workers


def listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. "
            "Choose another slack.host or slack.port."
        ) from None


def answers(database: Database) -> bool:
    try:
        database.now()
    except Exception:
        return False
    return True


def serve(settings: Settings) -> None:
    """Answer in Slack until SIGTERM or SIGINT; a second signal ends at once.

    Raises SettingsError, DatabaseUnusable, KnowledgeUnusable.
    """
    check_for_serving(settings)
    logs.configure(settings.log_level, settings.log_format)
    stop = stop_on_signals()
    lorebot = build(settings)
    try:
        running = open_by_mode(lorebot)
        schedule = open_schedule(lorebot)
        log.info("Lorebot is ready")
        stop.wait()
        log.info("stopping")
        schedule.close()
        running.close()
    finally:
        lorebot.close()


def open_by_mode(lorebot: Lorebot) -> RunningBot:
    slack = lorebot.settings.slack
    bot_token = slack.bot_token.get_secret_value()
    if slack.mode == "http":
        return open_http(lorebot, bot_token=bot_token)
    app_token = slack.app_token.get_secret_value()
    return open_bot(
        lorebot, client_base_url=slack.api_url, bot_token=bot_token, app_token=app_token
    )


def open_schedule(lorebot: Lorebot) -> Schedule:
    """The jobs of the settings, run from now on when they are due."""
    table = reindex_jobs(lorebot.commands, lorebot.settings.sources)
    schedule = Schedule(lorebot.commands, [*table, *learning_jobs(lorebot.learning)])
    schedule.start()
    return schedule


def stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ring(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ring)
    return stop
