"""The knowledge base as a vector store for llama-index."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

import db.versions as versions
from db import jobs
from db.engine import Database
from db.passages import Half, live_version
from db.versions import KnownDocument, NewDocument, NewPassage
from knowledge.documents import Span
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.fingerprint import fingerprint
from knowledge.index import Hit, PassageIndex
from knowledge.passages import Draft, build_passages
from knowledge.retrieve import as_node, dense_weight, found_passage
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import LLAMA_INDEX
from knowledge.terms import query_terms

REINDEX = "reindex"
"""The job that changes the knowledge base; one process at a time may hold it."""
MODES = (
    VectorStoreQueryMode.DEFAULT,
    VectorStoreQueryMode.TEXT_SEARCH,
    VectorStoreQueryMode.HYBRID,
)
BREAK = "\n\n"


class SqlVectorStore(BasePydanticVectorStore):
    """Searches every live passage; nodes that are added live beside the folder's documents.

    A node's score is the cosine (DEFAULT), BM25 (TEXT_SEARCH) or their fusion in 0..1 (HYBRID).
    Of a node are kept its text, its vector, and of its metadata `title` or `file_name`; nodes that
    are found carry the passage's id and, as ref_doc_id, the document's path.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    _database: Database = PrivateAttr()
    _embedder: Embedder = PrivateAttr()
    _settings: KnowledgeSettings = PrivateAttr()
    _index: PassageIndex = PrivateAttr()

    def __init__(
        self, database: Database, embedder: Embedder, settings: KnowledgeSettings | None = None
    ) -> None:
        super().__init__(stores_text=True, is_embedding_query=True)
        self._database = database
        self._embedder = embedder
        self._settings = settings or KnowledgeSettings()
        self._index = PassageIndex(database)

    @property
    def client(self) -> Database:
        return self._database

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The best `similarity_top_k` passages. Raises ValueError for what is not supported."""
        refuse_unsupported(query)
        best = [(hit, score) for hit in self._search(query) if (score := score_of(hit, query)) > 0]
        found = [found_passage(hit, {}) for hit, _ in best]
        return VectorStoreQueryResult(
            nodes=[as_node(passage) for passage in found],
            similarities=[score for _, score in best],
            ids=[str(passage.passage_id) for passage in found],
        )

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Show embedded nodes from now on, in the document of their ref_doc_id; gives their ids.

        Raises ValueError for a node without a fitting vector, KnowledgeUnusable if the knowledge
        base is not in step with the settings, and JobIsRunning during a reindex.
        """
        documents = [self._document(path, group) for path, group in by_document(nodes)]
        if documents:
            with self._next_version() as (version, known):
                stored = {document.path: document.id for document in known}
                replaced = [stored[new.path] for new in documents if new.path in stored]
                merged = [self._merged(new, stored.get(new.path)) for new in documents]
                versions.add_documents(self._database, version, merged)
                self._switch(version, replaced)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Take back a document that was added here; the folder's documents stay."""
        with self._next_version() as (version, known):
            removed = [document.id for document in known if document.path == ref_doc_id]
            self._switch(version, removed)

    def _search(self, query: VectorStoreQuery) -> tuple[Hit, ...]:
        question = query.query_str or ""
        by_words = query.mode != VectorStoreQueryMode.DEFAULT
        terms = query_terms(question, self._settings.stemmer) if by_words else []
        given = query.query_embedding
        vector = self._embedder.embed_question(question) if given is None else unit(given)
        weight = self._weight(query, question)
        return self._index.search(vector, terms, weight, wanted(query)).best

    def _weight(self, query: VectorStoreQuery, question: str) -> float:
        if query.mode == VectorStoreQueryMode.DEFAULT:
            return 1.0
        if query.mode == VectorStoreQueryMode.TEXT_SEARCH:
            return 0.0
        if query.alpha is not None:
            return query.alpha
        return dense_weight(self._embedder.known_share(question), self._settings.dense_weight)

    def _document(self, path: str, nodes: Sequence[BaseNode]) -> NewDocument:
        metadata = nodes[0].metadata
        title = str(metadata.get("title") or metadata.get("file_name") or path)
        passages = tuple(self._passage(title, node) for node in nodes)
        return laid_out(NewDocument(LLAMA_INDEX, path, title, "", 0, 0, "", passages))

    def _passage(self, title: str, node: BaseNode) -> NewPassage:
        vector = self._vector(node)
        text = node.get_content(MetadataMode.NONE)
        draft = Draft(title, Span(text, (), 0, len(text)))
        [passage] = build_passages([draft], {draft.text_hash: vector}, self._settings.stemmer)
        # Not the draft's hash: the folder's passages never take over a vector made elsewhere.
        own_hash = hashlib.sha256(vector.tobytes() + text.encode()).hexdigest()
        return replace(passage, text_hash=own_hash)

    def _vector(self, node: BaseNode) -> Half:
        if node.embedding is None or len(node.embedding) != self._embedder.dimension:
            raise ValueError(
                f"The node {node.node_id} has no vector of {self._embedder.dimension} numbers: "
                "give the index the store's own embedder (embed_model=embedder)."
            )
        return unit(node.embedding).astype(np.float16)

    def _merged(self, new: NewDocument, stored: int | None) -> NewDocument:
        """llama-index adds in batches: a document's later nodes join its earlier ones."""
        if stored is None:
            return new
        with self._database.reading() as session:
            old = versions.load_document(session, stored)
        passages = {passage.text_hash: passage for passage in (*old.passages, *new.passages)}
        return laid_out(replace(new, passages=tuple(passages.values())))

    @contextmanager
    def _next_version(self) -> Iterator[tuple[int, list[KnownDocument]]]:
        """A version to build on, and the live documents that were added here."""
        mark = fingerprint(self._embedder, self._settings)
        with sole_writer(self._database):
            with self._database.reading() as session:
                live = live_version(session)
            if live is not None and live.fingerprint != mark:
                raise KnowledgeUnusable(
                    "The knowledge base was made with other settings: "
                    "reindex it before adding to it or deleting from it."
                )
            model, dimension = self._embedder.model_name, self._embedder.dimension
            version = versions.begin_version(self._database, mark, model, dimension)
            with self._database.reading() as session:
                known = versions.known_documents(session, version)
            # What a killed run had begun would go live half done; the next reindex begins anew.
            unfinished = [document.id for document in known if document.building]
            versions.discard_documents(self._database, unfinished)
            yield version, [d for d in known if d.source == LLAMA_INDEX and not d.building]

    def _switch(self, version: int, removed: Sequence[int]) -> None:
        versions.switch(self._database, version, removed, {"source": LLAMA_INDEX})
        versions.sweep(self._database)


def refuse_unsupported(query: VectorStoreQuery) -> None:
    if query.mode not in MODES:
        names = ", ".join(mode.value for mode in MODES)
        raise ValueError(f"The mode {query.mode.value} is not supported; choose one of {names}.")
    if (query.filters and query.filters.filters) or query.doc_ids or query.node_ids:
        raise ValueError(
            "Lorebot's store searches all passages: "
            "metadata filters, doc_ids and node_ids are not supported; ask without them."
        )


def score_of(hit: Hit, query: VectorStoreQuery) -> float:
    if query.mode == VectorStoreQueryMode.DEFAULT:
        return hit.dense
    return hit.text if query.mode == VectorStoreQueryMode.TEXT_SEARCH else hit.score


def wanted(query: VectorStoreQuery) -> int:
    hybrid = query.mode == VectorStoreQueryMode.HYBRID
    return (query.hybrid_top_k if hybrid else None) or query.similarity_top_k


def by_document(nodes: Sequence[BaseNode]) -> Iterator[tuple[str, list[BaseNode]]]:
    """The nodes of each document in their order; a node without a document is one by itself."""
    ordered = sorted(nodes, key=path_of)
    return ((path, list(group)) for path, group in groupby(ordered, path_of))


def path_of(node: BaseNode) -> str:
    return node.ref_doc_id or node.node_id


def laid_out(document: NewDocument) -> NewDocument:
    """The document whose text is its passages' texts, one below the other."""
    passages, start = [], 0
    for passage in document.passages:
        end = start + len(passage.text)
        passages.append(replace(passage, start=start, end=end))
        start = end + len(BREAK)
    text = BREAK.join(passage.text for passage in passages)
    data = text.encode()
    return replace(
        document,
        text=text,
        size=len(data),
        content_hash=hashlib.sha256(data).hexdigest(),
        passages=tuple(passages),
    )


def unit(vector: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float32]]:
    numbers = np.asarray(vector, dtype=np.float32)
    length = float(np.linalg.norm(numbers))
    return numbers / length if length else numbers


@contextmanager
def sole_writer(database: Database) -> Iterator[None]:
    """Hold off every reindex. Raises JobIsRunning if one is under way."""
    claim = jobs.claim(database, REINDEX, f"{socket.gethostname()[:40]}:{os.getpid()}")
    try:
        yield
    except BaseException as error:
        jobs.finish(database, claim, None, error=f"{type(error).__name__}: {error}")
        raise
    jobs.finish(database, claim, {"source": LLAMA_INDEX})
