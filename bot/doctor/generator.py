"""Whether what answers can answer."""

from __future__ import annotations

from bot.config import Settings
from bot.doctor.check import Failed, Skipped
from knowledge.errors import KnowledgeUnusable


def generator(settings: Settings, *, try_it: bool) -> str:
    """With `try_it`, let the language model write a little."""
    knowledge = settings.knowledge
    if knowledge.generator == "quotes":
        return "quotes, no language model"
    chosen = knowledge.local if knowledge.generator == "local" else knowledge.server
    if not chosen.model:
        table = f"knowledge.{knowledge.generator}"
        raise Failed(f"{knowledge.generator}, but no model is named", f"Set {table}.model.")
    if not try_it:
        raise Skipped(f"{chosen.model}; --generator lets it write a little")
    # Imported here: they bring what only they need.
    from knowledge.generate.writers import WriterUnavailable

    try:
        return written(settings)
    except (KnowledgeUnusable, WriterUnavailable) as error:
        raise Failed(str(error), "Correct it and run this again with --generator.") from error


def written(settings: Settings) -> str:
    if settings.knowledge.generator == "local":
        from knowledge.generate import local

        return local.smoke(settings.knowledge.local)
    from knowledge.generate import server

    return server.smoke(settings.knowledge.server)
