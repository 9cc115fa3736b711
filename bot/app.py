"""Everything is wired here: settings in, a Lorebot out, and a Bolt app around it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import urlsplit

from slack_bolt import App
from slack_sdk import WebClient

from bot.commands import Commands
from bot.config import Settings, environment, keep_proxies_from, without_slack_environment
from bot.delivery import retry_handlers
from bot.desk import Desk, Knowledge
from bot.experts import Experts
from bot.learning import Learning, LearningCommands
from bot.listeners import register
from bot.logs import quieten
from bot.lorebot import Lorebot
from db import registry, schema
from db.engine import Database, open_database
from knowledge.confidence import FILE, load_calibration

SLACK = WebClient.BASE_URL
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LISTENER_THREADS = 10
CALL_TIMEOUT_S = 10


def build(
    settings: Settings, *, knowledge: Knowledge | None = None, learning: Learning | None = None
) -> Lorebot:
    """Open the database, migrate it, load the models and make the release live.

    Raises DatabaseUnusable, KnowledgeUnusable.
    """
    database = open_database(settings.database.url)
    try:
        schema.upgrade(database)
        knowledge = knowledge or opened_knowledge(database, settings)
        registry.ensure_live(database, knowledge.release_parts())
        knowledge.refresh()
    except BaseException:
        database.close()
        raise
    owners = {source.name: source.owners for source in settings.all_sources}
    desk = Desk(database, knowledge, owners)
    commands = Commands(database, knowledge, settings.slack.admins, settings.all_sources)
    experts = Experts(commands, owners)

    @cache
    def open_learning() -> Learning:
        return learning or opened_learning(knowledge, settings)

    loop = LearningCommands(commands, open_learning, settings.training)
    return Lorebot(settings, database, knowledge, desk, commands, experts, loop)


def opened_knowledge(database: Database, settings: Settings) -> Knowledge:
    # Imported here: it brings torch, which nothing else in this package needs.
    from knowledge.base import open_knowledge

    knowledge = open_knowledge(
        database,
        settings.knowledge,
        settings.sources,
        settings.home / "sources",
        environment(),
        load_calibration(settings.home / FILE),
        settings.home / "adapters",
    )
    knowledge.keep_audiences()
    return knowledge


def opened_learning(knowledge: Knowledge, settings: Settings) -> Learning:
    # Imported here: they bring what only training needs.
    from finetune import learning
    from knowledge import base

    assert isinstance(knowledge, base.Knowledge)
    return learning.Learning(knowledge, settings.training, settings.home / "training")


def build_client(token: str, base_url: str = "", timeout: int = CALL_TIMEOUT_S) -> WebClient:
    """A client of Slack's Web API, or of the local workspace's."""
    quieten()
    base_url = base_url or SLACK
    host = urlsplit(base_url).hostname or ""
    if host in LOOPBACK:
        keep_proxies_from(host)
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=timeout,
        retry_handlers=retry_handlers(),
        logger=logging.getLogger("slack_sdk"),
    )


def build_bolt(lorebot: Lorebot, client: WebClient | None = None) -> App:
    """The Bolt app; the same for Slack and for the workspace, which differ in `client.base_url`.

    Asks Slack who the token is. Raises BoltError if Slack refuses it.
    """
    slack = lorebot.settings.slack
    client = client or build_client(slack.bot_token.get_secret_value(), slack.api_url)
    with without_slack_environment():
        app = App(
            name="lorebot",
            client=client,
            signing_secret=slack.signing_secret.get_secret_value(),
            logger=logging.getLogger("slack_bolt"),
            listener_executor=ThreadPoolExecutor(LISTENER_THREADS, "listener"),
            attaching_conversation_kwargs_enabled=False,
        )
    register(app, lorebot, surface_of(client.base_url))
    return app


def surface_of(base_url: str) -> str:
    return "slack" if base_url == SLACK else "workspace"
