"""Check everything that Lorebot needs, and say of each thing what is there and what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.config import Settings, SettingsError, load_settings
from bot.doctor import generator, machine, slack, sources, stored
from bot.doctor.check import Check, tried

__all__ = ["Check", "examine"]


def examine(
    home: Path, config: Path | None, *, online: bool, try_generator: bool = False
) -> list[Check]:
    """Look at everything; nothing is made or changed.

    `online` asks Slack and the sources too, `try_generator` lets the language model write a little.
    """
    checks = [tried("python", machine.python), tried("packages", machine.packages)]
    try:
        settings = load_settings(home, config)
    except SettingsError as error:
        return [*checks, Check("settings", "failed", str(error), "Correct it and run this again.")]
    return checks + [
        tried(name, look) for name, look in looks(settings, online, try_generator).items()
    ]


def looks(settings: Settings, online: bool, try_generator: bool) -> dict[str, Callable[[], str]]:
    return {
        "settings": lambda: f"home {settings.home}",
        "disk": lambda: machine.disk(settings),
        "file system": lambda: machine.file_system(settings),
        "database": lambda: stored.database(settings),
        "embedding model": lambda: stored.embedding_model(settings, online=online),
        **sources_to_look_at(settings, online),
        "index": lambda: stored.index(settings),
        "generator": lambda: generator.generator(settings, try_it=try_generator),
        "slack tokens": lambda: slack.slack_tokens(settings, online=online),
        "slack": lambda: slack.slack(settings, online=online),
    }


def sources_to_look_at(settings: Settings, online: bool) -> dict[str, Callable[[], str]]:
    """Each source by its name, or the one folder."""
    if not settings.sources:
        return {"documents": lambda: sources.documents(settings.knowledge.documents)}
    return {
        f"source {source.name}": partial(sources.source, source, online=online)
        for source in settings.sources
    }
