"""The knowledge base as the rest of Lorebot uses it: ask it, bring it up to date, look into it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import db.passages as store
from db import pgvector
from db.engine import Database
from db.registry import ReleaseParts
from knowledge.answering import Answerer
from knowledge.answers import Answer
from knowledge.audience import Reader
from knowledge.confidence import DEFAULT, Calibration
from knowledge.conversation import Turn
from knowledge.embed import Embedder, open_embedder
from knowledge.fingerprint import fingerprint
from knowledge.following import Follower
from knowledge.generate.quotes import QuotesGenerator
from knowledge.index import PassageIndex
from knowledge.ingest import Reindex
from knowledge.mirror import Mirror, open_store
from knowledge.model_files import find_embedding_files
from knowledge.prompts import PROMPT_VERSION
from knowledge.report import OnProgress, ReindexReport
from knowledge.retrieve import HybridRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import KEPT
from knowledge.sources.opening import Sources, open_sources
from knowledge.sources.settings import AnySource
from knowledge.weights import LiveTermWeights
from knowledge.writing import open_writing

CACHE = Path(tempfile.gettempdir()) / "lorebot-sources"


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
            self.database, self.embedder, self.settings, chosen, names, full, tell, self.mirror
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

    def close(self) -> None:
        """Give back what the language model holds."""
        if self.answerer.writing is not None:
            self.answerer.writing.writer.close()

    def release_parts(self) -> ReleaseParts:
        return ReleaseParts(
            embedding_model=self.embedder.model_name,
            generator=self.answerer.name,
            prompt_version=PROMPT_VERSION,
        )


def open_knowledge(
    database: Database,
    settings: KnowledgeSettings,
    sources: Sequence[AnySource] = (),
    cache: Path = CACHE,
    environment: Mapping[str, str] | None = None,
    calibration: Calibration = DEFAULT,
) -> Knowledge:
    """Load the models and wire retrieval and answering to the database.

    Without `sources` the folder `settings.documents` is the only one; `cache` is a folder in which
    they may keep what they have fetched, `environment` this program's, for what they start. Raises
    KnowledgeUnusable if a model is missing or damaged, or a package that a source needs is missing.
    """
    embedder = open_embedder(find_embedding_files(settings.embedding_model), settings.threads)
    return build_knowledge(database, embedder, settings, sources, cache, environment, calibration)


def build_knowledge(
    database: Database,
    embedder: Embedder,
    settings: KnowledgeSettings,
    sources: Sequence[AnySource] = (),
    cache: Path = CACHE,
    environment: Mapping[str, str] | None = None,
    calibration: Calibration = DEFAULT,
) -> Knowledge:
    """As `open_knowledge`, with an embedding model that is loaded already."""
    opened = open_sources(database, settings, sources, cache, environment or {})
    mirror = None
    if settings.vector_store:
        mirror = Mirror(database, open_store(settings.vector_store))
    index = PassageIndex(database, mirror)
    retriever = HybridRetriever(index, embedder, settings, opened.base_urls)
    weights = LiveTermWeights(database)
    generator = QuotesGenerator(embedder, weights, settings.stemmer)
    writing = open_writing(settings, embedder, weights)
    answerer = Answerer(retriever, generator, weights, settings.stemmer, writing, calibration)
    return Knowledge(database, settings, embedder, retriever, answerer, opened, mirror)
