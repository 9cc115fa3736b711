"""The knowledge base as the rest of Lorebot uses it: ask it, bring it up to date, look into it."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import db.passages as store
from db import pgvector
from db.engine import Database
from db.registry import ReleaseParts, ReleaseRecord
from knowledge.adapters.base_model import base_of_embedder
from knowledge.adapters.manifest import BaseModel, Kind
from knowledge.answering import Answerer
from knowledge.answers import Answer
from knowledge.audience import Reader
from knowledge.confidence import DEFAULT, Calibration
from knowledge.conversation import Turn
from knowledge.embed import Embedder, open_embedder
from knowledge.fingerprint import fingerprint
from knowledge.following import Follower
from knowledge.generate import Generator
from knowledge.generate.checked import CitationCheck
from knowledge.generate.local_files import base_of_model
from knowledge.generate.quotes import QuotesGenerator
from knowledge.index import PassageIndex
from knowledge.ingest import Reindex
from knowledge.live import LiveRelease, Serving, check_release, open_serving
from knowledge.mirror import Mirror, open_store
from knowledge.model_files import find_embedding_files
from knowledge.prompts import PROMPT_VERSION
from knowledge.report import OnProgress, ReindexReport
from knowledge.retrieve import HybridRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.shadow import OnDone, Shadow, silent
from knowledge.sources.names import KEPT
from knowledge.sources.opening import Sources, open_sources
from knowledge.sources.settings import AnySource
from knowledge.weights import LiveTermWeights
from knowledge.writing import open_writer

CACHE = Path(tempfile.gettempdir()) / "lorebot-sources"
ADAPTERS = Path("adapters")


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The live version; `version` is None before the first reindex."""

    version: int | None
    documents: int
    passages: int
    indexed_at: dt.datetime | None
    model: str
    in_step: bool
    """False when settings have changed that need a reindex to take effect."""


@dataclass(frozen=True, slots=True)
class DocumentText:
    path: str
    title: str
    text: str
    """Markdown; passages' offsets count its characters."""


@dataclass(frozen=True)
class Knowledge:
    """All methods may be called from several threads."""

    database: Database
    settings: KnowledgeSettings
    embedder: Embedder
    retriever: HybridRetriever
    answerer: Answerer
    sources: Sources
    live: LiveRelease
    shadow: Shadow
    mirror: Mirror | None = None

    def answer(
        self,
        question: str,
        reader: Reader | None = None,
        follower: Follower | None = None,
        turns: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """Answer a tidied question from what its reader may read, or abstain.

        Without a reader nothing is held back: that is for the operator and for evaluations.
        `turns` are the questions and answers of the thread so far, oldest first.
        """
        said = [Turn(asked, answered) for asked, answered in turns]
        return self.answerer.answer(question, reader, follower, said)

    def keep_audiences(self) -> None:
        """From now on every source is answered to those who may read it, as it is set."""
        self.sources.keep_audiences()

    def reindex(
        self,
        full: bool = False,
        progress: OnProgress | None = None,
        only: Collection[str] | None = None,
    ) -> ReindexReport:
        """Read what has changed in the sources, or in those that `only` names.

        Raises KnowledgeUnusable if one that is named is not set, or none of them can be read.
        """
        chosen = self.sources.all() if only is None else self.sources.only(only)
        names = {*(named.name for named in self.sources.all()), *KEPT}
        self.sources.keep_audiences()
        tell = progress or (lambda _: None)
        report = Reindex(
            self.database,
            self.embedder,
            self.settings,
            chosen,
            names,
            full,
            tell,
            self.mirror,
            self.shadow,
        ).run()
        if not self.database.is_sqlite and self.mirror is None:
            # Makes an index once there are many passages, and does nothing otherwise.
            pgvector.ensure_index(self.database, self.embedder.dimension)
        return report

    def status(self) -> IndexStatus:
        with self.database.reading() as session:
            live = store.live_version(session)
            documents, passages = store.count_live(session)
        return IndexStatus(
            version=live.id if live else None,
            documents=documents,
            passages=passages,
            indexed_at=live.finished_at if live else None,
            model=self.embedder.model_name,
            in_step=bool(live and live.fingerprint == fingerprint(self.embedder, self.settings)),
        )

    def document(self, path: str, reader: Reader | None = None) -> DocumentText | None:
        """The live document at a path, if there is one that this reader may read."""
        labels = None if reader is None else reader.labels
        with self.database.reading() as session:
            found = store.get_document(session, path, labels)
        return None if found is None else DocumentText(path, *found)

    def refresh(self) -> None:
        """Look at once which release is live; without it, `watch` does so every second."""
        self.live.refresh()

    def watch(self, stop: threading.Event) -> None:
        """Follow the live release until `stop` is set; for a thread of its own."""
        self.live.watch(stop)

    @contextmanager
    def with_adapters(self, retriever: Path | None, generator: Path | None) -> Iterator[Answerer]:
        """An answerer with these adapters, or none, beside the one that serves, to be judged.

        What an adapter of both sides has not read is found by words: `shadow` completes it. Raises
        KnowledgeUnusable, WriterUnavailable.
        """
        writer = self.live.current().writer
        serving = open_serving(self.live.base, writer, None, retriever, generator)
        try:
            yield replace(self.answerer, live=serving)
        finally:
            if generator is not None and serving.writer is not None:
                serving.writer.close()

    def made_for(self, kind: Kind) -> BaseModel | None:
        """The model here that adapters of a kind are made for; None where none can be trained.

        A model behind a server is told by the copy of it that knowledge.local names. Raises
        KnowledgeUnusable if that cannot be found.
        """
        return base_model(self.embedder, self.settings, kind)

    def check_release(self, release: ReleaseRecord) -> None:
        """Raises KnowledgeUnusable if it could not be served here."""
        check_release(release, self.live.adapters, self.made_for)

    def complete_release(self, release: ReleaseRecord, done: OnDone = silent) -> None:
        """See that its adapter has read all passages, if it reads them: then it can be served.

        Raises KnowledgeUnusable.
        """
        if release.retriever_adapter is not None:
            self.shadow.complete(self.live.adapters / release.retriever_adapter, done=done)

    def close(self) -> None:
        """Give back what the language model holds."""
        if self.live.base.writer is not None:
            self.live.base.writer.close()

    def release_parts(self) -> ReleaseParts:
        """What the settings decide about a release."""
        return parts_of(self.live.base, self.answerer.generator)


def open_knowledge(
    database: Database,
    settings: KnowledgeSettings,
    sources: Sequence[AnySource] = (),
    cache: Path = CACHE,
    environment: Mapping[str, str] | None = None,
    calibration: Calibration = DEFAULT,
    adapters: Path = ADAPTERS,
) -> Knowledge:
    """Load the models and wire retrieval and answering to the database.

    Without `sources` the folder `settings.documents` is the only one; `cache` is a folder in which
    they may keep what they have fetched, `environment` this program's, for what they start;
    `adapters` is the folder of the releases' adapters. No release is served before `refresh`.
    Raises KnowledgeUnusable if a model is missing or damaged, or a package that a source needs is
    missing.
    """
    embedder = open_embedder(find_embedding_files(settings.embedding_model), settings.threads)
    return build_knowledge(
        database, embedder, settings, sources, cache, environment, calibration, adapters
    )


def build_knowledge(
    database: Database,
    embedder: Embedder,
    settings: KnowledgeSettings,
    sources: Sequence[AnySource] = (),
    cache: Path = CACHE,
    environment: Mapping[str, str] | None = None,
    calibration: Calibration = DEFAULT,
    adapters: Path = ADAPTERS,
) -> Knowledge:
    """As `open_knowledge`, with an embedding model that is loaded already."""
    opened = open_sources(database, settings, sources, cache, environment or {})
    mirror = None
    if settings.vector_store:
        mirror = Mirror(database, open_store(settings.vector_store))
    index = PassageIndex(database, mirror)
    weights = LiveTermWeights(database)
    quotes = QuotesGenerator(embedder, weights, settings.stemmer)
    base = Serving(None, embedder, open_writer(settings))
    parts, made_for = parts_of(base, quotes), partial(base_model, embedder, settings)
    live = LiveRelease(database, base, parts, adapters, made_for, mirrored=mirror is not None)
    mark = fingerprint(embedder, settings)
    shadow = Shadow(database, embedder, mark, live.adapters, mirrored=mirror is not None)
    retriever = HybridRetriever(index, embedder, settings, opened.base_urls, live)
    check = CitationCheck(embedder, weights, settings.stemmer, settings.unsupported)
    answerer = Answerer(retriever, quotes, weights, settings.stemmer, live, check, calibration)
    return Knowledge(
        database, settings, embedder, retriever, answerer, opened, live, shadow, mirror
    )


def parts_of(base: Serving, quotes: Generator) -> ReleaseParts:
    return ReleaseParts(
        embedding_model=base.questions.model_name,
        generator=(base.writer or quotes).name,
        prompt_version=PROMPT_VERSION,
    )


def base_model(embedder: Embedder, settings: KnowledgeSettings, kind: Kind) -> BaseModel | None:
    if kind == "retriever":
        return base_of_embedder(embedder)
    if settings.generator == "quotes" or not settings.local.model:
        return None
    return base_of_model(settings.local.model)
