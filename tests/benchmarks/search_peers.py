"""Vector stores beside which the search is measured, each through its llama-index integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from knowledge.embed import Vectors
from tests.benchmarks.search_data import DIMENSION, SOURCES
from tests.benchmarks.tables import median

MISSING = "not installed: pip install 'lorebot[peers]'"
Measured = tuple[float, float, float] | str
BATCH = 2_000
ASKED = 30


def open_lancedb(home: Path) -> BasePydanticVectorStore:
    from llama_index.vector_stores.lancedb import LanceDBVectorStore

    return LanceDBVectorStore(uri=str(home / "lance"), mode="overwrite")


def open_chroma(home: Path) -> BasePydanticVectorStore:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(home / "chroma"), settings)
    collection = client.create_collection("bench", metadata={"hnsw:space": "cosine"})
    return ChromaVectorStore(chroma_collection=collection)


def open_qdrant(home: Path) -> BasePydanticVectorStore:
    import qdrant_client
    from llama_index.vector_stores.qdrant import QdrantVectorStore

    client = qdrant_client.QdrantClient(path=str(home / "qdrant"))
    return QdrantVectorStore("bench", client=client)


def open_milvus(home: Path) -> BasePydanticVectorStore:
    from llama_index.vector_stores.milvus import MilvusVectorStore

    return MilvusVectorStore(
        uri=str(home / "milvus.db"), dim=DIMENSION, overwrite=True, similarity_metric="COSINE"
    )


PEERS: dict[str, Callable[[Path], BasePydanticVectorStore]] = {
    "LanceDB": open_lancedb,
    "Milvus-lite": open_milvus,
    "Chroma": open_chroma,
    "Qdrant local": open_qdrant,
}


def measure(name: str, home: Path, vectors: Vectors, asked: Vectors) -> Measured:
    """Seconds to load, then milliseconds of a search without and with a filter that keeps 1 %; or
    why there is nothing to measure."""
    try:
        store = PEERS[name](home)
    except ImportError:
        return MISSING
    start = perf_counter()
    for nodes in batches(vectors):
        store.add(nodes)
    loaded = perf_counter() - start
    only = MetadataFilters(filters=[MetadataFilter(key="channel", value="C0")])
    return (loaded, time_of(store, asked, None), time_of(store, asked, only))


def batches(vectors: Vectors) -> Iterator[list[TextNode]]:
    for start in range(0, len(vectors), BATCH):
        yield [
            TextNode(
                text=f"Passage {number}",
                embedding=vectors[number].tolist(),
                metadata={"channel": f"C{number % SOURCES}"},
            )
            for number in range(start, min(start + BATCH, len(vectors)))
        ]


def time_of(
    store: BasePydanticVectorStore, asked: Vectors, filters: MetadataFilters | None
) -> float:
    times: list[float] = []
    for vector in asked[:ASKED]:
        query = VectorStoreQuery(vector.tolist(), similarity_top_k=10, filters=filters)
        start = perf_counter()
        found = store.query(query)
        times.append(1000 * (perf_counter() - start))
        assert len(found.ids or ()) == 10
    return median(times)
