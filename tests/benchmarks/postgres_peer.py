"""llama-index's own PGVectorStore beside Lorebot's search: the same server, vectors and questions.

It is loaded first and indexed then, as is quickest; its index has the numbers of Lorebot's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from sqlalchemy import URL

from db.pgvector import LEAST_IN_VIEW
from tests.benchmarks.postgres_data import DIMENSION, PASSAGES_OF_A_DOCUMENT, Corpus, Question

MISSING = (
    "not installed: pip install --no-deps llama-index-vector-stores-postgres asyncpg "
    "psycopg2-binary (it asks for an older SQLAlchemy)"
)
BATCH = 2_000
HNSW = {"hnsw_m": 24, "hnsw_ef_construction": 128, "hnsw_ef_search": LEAST_IN_VIEW}
ONE_PERCENT = MetadataFilters(filters=[MetadataFilter(key="source", value="7")])


def open_store(address: URL, hnsw: dict[str, Any] | None) -> BasePydanticVectorStore:
    """Raises ImportError where it is not installed."""
    from llama_index.vector_stores.postgres import PGVectorStore

    def shown(driver: str) -> str:
        url = address.set(drivername=f"postgresql+{driver}")
        return url.render_as_string(hide_password=False)

    return PGVectorStore(
        connection_string=shown("psycopg2"),
        async_connection_string=shown("asyncpg"),
        table_name="peer",
        schema_name="public",
        embed_dim=DIMENSION,
        hnsw_kwargs=None if hnsw is None else dict(hnsw),
    )


def load(store: BasePydanticVectorStore, corpus: Corpus) -> None:
    for start in range(0, corpus.count, 20_000):
        nodes = list(nodes_of(corpus, start, min(start + 20_000, corpus.count)))
        for first in range(0, len(nodes), BATCH):
            store.add(nodes[first : first + BATCH])


def nodes_of(corpus: Corpus, start: int, end: int) -> Iterator[TextNode]:
    for number, vector in enumerate(corpus.vectors(start, end), start):
        yield TextNode(
            id_=str(number),
            text=f"Passage {number}",
            embedding=vector.tolist(),
            metadata={"source": str(corpus.source_of[number // PASSAGES_OF_A_DOCUMENT])},
        )


def ask(
    store: BasePydanticVectorStore, question: Question, filters: MetadataFilters | None
) -> list[int]:
    """The numbers of the ten passages that it finds."""
    query = VectorStoreQuery(question.vector.tolist(), similarity_top_k=10, filters=filters)
    return [int(number) for number in store.query(query).ids or ()]


def recall(
    corpus: Corpus, questions: Sequence[Question], found: Sequence[list[int]], one_percent: bool
) -> float:
    """The share of what it found that is as near as the ten nearest."""
    starts = range(0, corpus.count, 20_000)
    ends = [min(start + 20_000, corpus.count) for start in starts]
    vectors = np.concatenate([corpus.vectors(s, e) for s, e in zip(starts, ends, strict=True)])
    sources = corpus.source_of[np.arange(corpus.count) // PASSAGES_OF_A_DOCUMENT]
    kept: npt.NDArray[np.bool_] = sources == 7 if one_percent else np.ones(corpus.count, bool)
    shares = []
    for question, numbers in zip(questions, found, strict=True):
        cosines = np.where(kept, vectors @ question.vector, -1.0)
        tenth = np.sort(cosines)[-10]
        shares.append(sum(cosines[n] >= tenth - 1e-4 for n in numbers) / 10)
    return float(np.mean(shares))
