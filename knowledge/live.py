"""What answers now: the parts of the live release, exchanged while questions are answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from db import registry
from db.engine import Database
from db.registry import ReleaseParts, ReleaseRecord
from knowledge.adapters.check import check
from knowledge.adapters.manifest import BaseModel, Kind
from knowledge.adapters.sides import space_of
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.writers import Adapter, Writer, WriterUnavailable
from knowledge.shadow import require

log = logging.getLogger(__name__)

EVERY_S = 1.0
AGAIN_S = 30.0
"""After which a release that could not be served is tried again."""

MadeFor = Callable[[Kind], BaseModel | None]
"""The model here that adapters of a kind have to fit; None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What one answer is made with, from its beginning to its end."""

    release_id: int | None
    """None where no release is served, but the models as they are."""
    questions: Embedder
    """Embeds questions, and says whose vectors of the passages these are compared with."""
    writer: Writer | None

    def current(self) -> Serving:
        """Itself: whoever is to stay with one thing takes it in place of the live one."""
        return self


class Live(Protocol):
    """Knows what the next answer is to be made with."""

    def current(self) -> Serving: ...


class LiveRelease:
    """Follows the live release. `current` may be called from any thread and asks no database.

    What cannot be served is said once in the log, and what was served before stays.
    """

    def __init__(
        self,
        database: Database,
        base: Serving,
        parts: ReleaseParts,
        adapters: Path,
        made_for: MadeFor,
        clock: Callable[[], float] = time.monotonic,
        mirrored: bool = False,
    ) -> None:
        """`base` are the models of the settings and `parts` their names; releases that name others
        belong to a Lorebot with other settings. `adapters` is the folder of all adapters, and
        `mirrored` says whether another vector store searches."""
        # A server of language models is told the whole path.
        self.adapters = adapters.absolute()
        self._database = database
        self._base = self._serving = base
        self._settings = registry.settings_of(parts)
        self._made_for = made_for
        self._clock = clock
        self._mirrored = mirrored
        self._turn = threading.Lock()
        self._failed: int | None = None
        self._again = 0.0

    @property
    def base(self) -> Serving:
        """The models as they are, with no release's adapters."""
        return self._base

    def current(self) -> Serving:
        return self._serving

    def refresh(self) -> None:
        """Serve the live release from the next question on, if it can be served."""
        with self._turn:
            live = registry.live_record(self._database)
            if live is None or live.id == self._serving.release_id or not self._is_due(live.id):
                return
            try:
                new = self._open(live)
            except (KnowledgeUnusable, WriterUnavailable) as error:
                self._put_off(live.id, str(error))
            except Exception as error:  # Whatever a damaged release may raise, the old one stays.
                self._put_off(live.id, f"{type(error).__name__}: {error}")
            else:
                self._failed, self._serving = None, new
                log.info("release %s answers", live.id)

    def watch(self, stop: threading.Event, every_s: float = EVERY_S) -> None:
        """Refresh until `stop` is set; a database that is away for a while is waited for."""
        away = False
        while not stop.wait(every_s):
            try:
                self.refresh()
                away = False
            except Exception as error:
                if not away and not stop.is_set():
                    log.warning("the live release cannot be looked up: %s", error)
                away = True

    def _is_due(self, release_id: int) -> bool:
        return release_id != self._failed or self._clock() >= self._again

    def _put_off(self, release_id: int, why: str) -> None:
        if release_id != self._failed:
            log.error("release %s cannot be served, the one before stays: %s", release_id, why)
        self._failed, self._again = release_id, self._clock() + AGAIN_S

    def _open(self, live: ReleaseRecord) -> Serving:
        if registry.settings_of(live.parts) != self._settings:
            raise KnowledgeUnusable("It was made with other settings than this Lorebot has.")
        check_release(live, self.adapters, self._made_for)
        retriever = folder(self.adapters, live.retriever_adapter)
        if retriever is not None:
            require(self._database, space_of(retriever), self._mirrored)
        return open_serving(
            self._base,
            self._serving.writer,
            live.id,
            retriever,
            folder(self.adapters, live.generator_adapter),
        )


def check_release(release: ReleaseRecord, adapters: Path, made_for: MadeFor) -> None:
    """Whether its adapters are what was kept, and made for these models.

    Raises KnowledgeUnusable.
    """
    named: tuple[tuple[Kind, str | None], ...] = (
        ("retriever", release.retriever_adapter),
        ("generator", release.generator_adapter),
    )
    for kind, name in named:
        if name is not None:
            check(adapters / name, kind, made_for(kind))


def folder(adapters: Path, name: str | None) -> Path | None:
    return None if name is None else adapters / name


def open_serving(
    base: Serving,
    writer: Writer | None,
    release_id: int | None,
    retriever: Path | None,
    generator: Path | None,
) -> Serving:
    """The models of `base` with adapters; `writer` is the one that answers meanwhile.

    Raises KnowledgeUnusable, WriterUnavailable.
    """
    questions = base.questions
    if retriever is not None:
        # Here, because peft takes seconds to import and most run without an adapter.
        from knowledge.question_adapter import with_question_adapter

        questions = with_question_adapter(base.questions, retriever)
    return Serving(release_id, questions, open_adapted(base.writer, writer, generator))


def open_adapted(base: Writer | None, current: Writer | None, path: Path | None) -> Writer | None:
    if path is None:
        return base
    if current is None:
        raise KnowledgeUnusable(
            f"{path.name} is an adapter for a language model, and here passages are quoted: set "
            "knowledge.generator as it was."
        )
    return current.with_adapter(Adapter(path.name, path))
