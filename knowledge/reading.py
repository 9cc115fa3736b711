"""The pipeline of a reindex: one thread reads and cuts ahead, one embeds, one stores behind."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from time import perf_counter

import db.versions as versions
from db.engine import Database
from db.passages import Half
from db.versions import KnownDocument
from knowledge.ahead import ahead
from knowledge.documents import Skipped
from knowledge.draft_vectors import DraftVectors
from knowledge.drafting import Drafting, Todo
from knowledge.embed import Embedder
from knowledge.pace import Pace
from knowledge.passages import Draft, build_passages
from knowledge.report import OnProgress
from knowledge.sandbox import ParserPool
from knowledge.settings import KnowledgeSettings
from knowledge.window import Drafted, Window

TRANSACTION = 256
"""Passages: whoever else wants to write waits no longer than it takes to store them."""


@dataclass(slots=True)
class Taken:
    """What came out of reading a source."""

    paths: set[str] = field(default_factory=set)
    """Of the files that became documents."""
    skipped: list[Skipped] = field(default_factory=list)
    passages: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Reading:
    """Fills a version; what was stored stays when the run is killed, and that is all but a window.

    `tell` is called by the thread that runs it, and may raise to end it.
    """

    database: Database
    embedder: Embedder
    settings: KnowledgeSettings
    version: int
    drafting: Drafting
    tell: OnProgress
    taken: dict[str, Taken] = field(default_factory=lambda: defaultdict(Taken))
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("read", "embed", "store"), 0.0)
    )

    def run(self, todos: Sequence[Todo], anew: Sequence[KnownDocument]) -> None:
        """Read the files of `todos`, and embed the stored documents `anew`."""
        if not anew and not any(todo.files for todo in todos):
            return
        pace = Pace.of(todos, anew, self.drafting, self.tell)
        vectors = DraftVectors(self.embedder)
        stored: Future[None] | None = None
        pace.show()
        with (
            closing(self.windows(todos, anew)) as windows,
            ThreadPoolExecutor(1, thread_name_prefix="store") as storing,
        ):
            for window in windows:
                since = perf_counter()
                pace.begin(window)
                made = vectors.embed(new_drafts(window), pace.show)
                self.seconds["embed"] += perf_counter() - since
                if stored is not None:
                    stored.result()
                stored = storing.submit(self.store, window, {**window.known, **made})
                self.count(window)
                pace.end(window)
            if stored is not None:
                stored.result()
        self.seconds["read"] = self.drafting.seconds

    def windows(
        self, todos: Sequence[Todo], anew: Sequence[KnownDocument]
    ) -> Generator[Window, None, None]:
        with ExitStack() as opened:
            # The parser goes first when a run is given up: then nobody waits for its file.
            parser = open_parser(self.settings)
            windows = ahead(self.drafting.windows(parser, todos, anew))
            opened.callback(windows.close)
            opened.enter_context(parser)
            yield from windows

    def store(self, window: Window, vectors: Mapping[str, Half]) -> None:
        since = perf_counter()
        for some in in_turns(window.drafted):
            documents = [
                replace(
                    drafted.document,
                    passages=build_passages(drafted.drafts, vectors, self.settings.stemmer),
                )
                for drafted in some
            ]
            versions.add_documents(self.database, self.version, documents)
        self.seconds["store"] += perf_counter() - since

    def count(self, window: Window) -> None:
        for drafted in window.drafted:
            taken = self.taken[drafted.document.source]
            taken.passages += len(drafted.drafts)
            if drafted.from_file:
                taken.paths.add(drafted.document.path)
        for left in window.left_out:
            self.taken[left.source].skipped.append(left.skipped)
        for down in window.down:
            self.taken[down.source].error = down.error


def new_drafts(window: Window) -> list[Draft]:
    return [draft for draft in window.drafts if draft.text_hash not in window.known]


def in_turns(drafted: Sequence[Drafted]) -> Iterator[list[Drafted]]:
    """Some documents at a time, with few passages together."""
    some: list[Drafted] = []
    for one in drafted:
        some.append(one)
        if sum(len(drafted.drafts) for drafted in some) >= TRANSACTION:
            yield some
            some = []
    if some:
        yield some


def open_parser(settings: KnowledgeSettings) -> ParserPool:
    return ParserPool(
        memory_mb=settings.parse_memory_mb,
        seconds=settings.parse_seconds,
        max_file_mb=settings.max_file_mb,
        # Two where cores are left over beside the model's.
        workers=2 if (os.cpu_count() or 1) > 2 else 1,
    )
