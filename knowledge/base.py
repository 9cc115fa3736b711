"""The knowledge base as the rest of Lorebot uses it: ask it, bring it up to date, look into it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import db.passages as store
from db.engine import Database
from db.registry import ReleaseParts
from knowledge.answering import Answerer
from knowledge.answers import Answer
from knowledge.embed import Embedder, open_embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.quotes import QuotesGenerator
from knowledge.index import PassageIndex
from knowledge.ingest import fingerprint, reindex
from knowledge.model_files import find_embedding_files
from knowledge.report import OnProgress, ReindexReport
from knowledge.retrieve import HybridRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.sources.folder import FolderSource
from knowledge.weights import LiveTermWeights

PROMPT_VERSION = "1"
SOURCE = "documents"


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

    def answer(self, question: str) -> Answer:
        """Answer a tidied question, or abstain."""
        return self.answerer.answer(question)

    def reindex(self, full: bool = False, progress: OnProgress | None = None) -> ReindexReport:
        """Read what has changed in the folder of documents.

        Raises KnowledgeUnusable if the folder is not there or has lost too much.
        """
        folder = self.settings.documents
        if not folder.is_dir():
            raise KnowledgeUnusable(
                f"There is no folder of documents at {folder}: "
                "set knowledge.documents in lorebot.toml to the folder to answer from."
            )
        source = FolderSource(Path(folder), max_file_mb=self.settings.max_file_mb)
        return reindex(self.database, SOURCE, source, self.embedder, self.settings, full, progress)

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

    def document(self, path: str) -> DocumentText | None:
        """The live document at a path, if there is one."""
        with self.database.reading() as session:
            found = store.get_document(session, path)
        return None if found is None else DocumentText(path, *found)

    def release_parts(self) -> ReleaseParts:
        return ReleaseParts(
            embedding_model=self.embedder.model_name,
            generator=self.answerer.generator.name,
            prompt_version=PROMPT_VERSION,
        )


def open_knowledge(database: Database, settings: KnowledgeSettings) -> Knowledge:
    """Load the embedding model and wire retrieval and answering to the database.

    Raises KnowledgeUnusable if the model is missing or damaged.
    """
    embedder = open_embedder(find_embedding_files(settings.embedding_model), settings.threads)
    retriever = HybridRetriever(PassageIndex(database), embedder, settings)
    weights = LiveTermWeights(database)
    generator = QuotesGenerator(embedder, weights, settings.stemmer)
    answerer = Answerer(retriever, generator, weights, settings.stemmer)
    return Knowledge(database, settings, embedder, retriever, answerer)
