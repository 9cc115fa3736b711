"""The vectors in another vector store as well, which then searches by meaning.

Any of llama-index's stores will do. The database stays the truth: text, versions and vectors are
read from it, so a store that lags or has too much never shows what the live version does not.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

import db.mirror as stored
from db.engine import Database
from db.mirror import MirroredPassage
from db.view import View
from knowledge.embed import Vectors
from knowledge.errors import KnowledgeUnusable

MIRRORED = (
    "What is learnt on both sides needs vectors of its own, which knowledge.vector_store does not "
    'hold: set training.retriever.sides = "questions", or take knowledge.vector_store out.'
)
BATCH = 500
SPARE = 2
"""How many times the candidates are asked for: some belong to a version that is being built."""
NAMES = uuid.UUID("6f0bb4f0-6a43-4f0e-9d2b-5f7a0d3f2b11")
"""Stores want UUIDs as ids; a passage always gets the same one."""


class Mirror:
    """Searches the other store; kept in step by the reindex."""

    def __init__(self, database: Database, store: BasePydanticVectorStore) -> None:
        self._database = database
        self._store = store

    def add(self, version: int) -> None:
        """Tell the store what a version adds, before it goes live; doing it twice does no harm."""
        with self._database.reading() as session:
            passages = stored.added_in(session, version)
            while some := list(islice(passages, BATCH)):
                self._store.add([as_node(passage) for passage in some])

    def remove(self, version: int) -> None:
        """Take out what the live version shows no more, before it is swept from the database."""
        with self._database.reading() as session:
            gone = stored.removed_until(session, version)
        for document_id in gone:
            self._store.delete(str(document_id))

    def search(
        self,
        view: View,
        vector: Vectors,
        also: Sequence[int],
        sources: Collection[int] | None,
        limit: int,
    ) -> dict[int, float]:
        """Cosines by id: of the `limit` nearest passages, and of the first of `also`.

        Raises KnowledgeUnusable for the space of an adapter: the store has no such vectors.
        """
        if view.space is not None:
            raise KnowledgeUnusable(MIRRORED)
        if sources is not None and not sources:
            return {}
        query = VectorStoreQuery(
            query_embedding=vector.tolist(),
            similarity_top_k=SPARE * limit,
            filters=None if sources is None else only(sources),
        )
        nodes = self._store.query(query).nodes or []
        found = dict.fromkeys(int(node.metadata["passage_id"]) for node in nodes)
        ids = [*(found | dict.fromkeys(also))]
        vectors = stored.visible_vectors(view.session, view.version, ids)
        shown = [i for i in found if i in vectors][:limit]
        matched = [i for i in also if i in vectors and i not in found][:limit]
        # The store's own scores differ from store to store; these are the cosines.
        return {i: float(np.float32(vectors[i]) @ vector) for i in sorted((*shown, *matched))}


def only(sources: Collection[int]) -> MetadataFilters:
    return MetadataFilters(
        filters=[MetadataFilter(key="source_id", value=list(sources), operator=FilterOperator.IN)]
    )


def as_node(passage: MirroredPassage) -> TextNode:
    """The vector alone: what it says stays in the database, behind its audience."""
    return TextNode(
        id_=str(uuid.uuid5(NAMES, str(passage.id))),
        text=str(passage.id),
        embedding=passage.vector.astype(float).tolist(),
        metadata={"passage_id": passage.id, "source_id": passage.source_id},
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=str(passage.document_id))},
    )


def open_store(description: dict[str, Any]) -> BasePydanticVectorStore:
    """A store from the setting `knowledge.vector_store`. Raises KnowledgeUnusable."""
    store = construct(description)
    if not isinstance(store, BasePydanticVectorStore):
        raise KnowledgeUnusable(
            f"{description['class']} is no vector store of llama-index: "
            "name one in knowledge.vector_store, such as "
            "llama_index.vector_stores.qdrant.QdrantVectorStore."
        )
    return store


def construct(description: dict[str, Any]) -> Any:
    """An object of the named class; a table with a class among its options is made first."""
    options = {
        name: construct(value) if isinstance(value, dict) and "class" in value else value
        for name, value in description.items()
        if name != "class"
    }
    path = str(description.get("class", ""))
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)(**options)
    except (ImportError, AttributeError, ValueError) as error:
        raise KnowledgeUnusable(
            f"knowledge.vector_store names the class {path!r}, which cannot be used: {error}. "
            "Install its package and check the name and the options."
        ) from error
    except Exception as error:
        raise KnowledgeUnusable(
            f"knowledge.vector_store: {path} could not be opened: {error}."
        ) from error
