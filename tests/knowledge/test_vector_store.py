"""llama-index can search the knowledge base, add to it and take back what it added."""

from __future__ import annotations

import pytest
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

from bot.commands import REINDEX as REINDEX_OF_THE_BOT
from db import jobs
from db.engine import Database
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.report import Progress
from knowledge.settings import KnowledgeSettings
from knowledge.vector_store import REINDEX, SqlVectorStore

from .conftest import HANDBOOK, Folder, build_knowledge

LAMP = "The lamp in the hall is switched off at midnight by the porter."
ROOF = "The roof terrace is closed from October to April because of the ice."


@pytest.fixture
def knowledge(database: Database, folder: Folder, embedder: Embedder) -> Knowledge:
    folder.write(HANDBOOK)
    knowledge = build_knowledge(database, embedder, KnowledgeSettings(documents=folder.root))
    knowledge.reindex()
    return knowledge


@pytest.fixture
def store(knowledge: Knowledge, embedder: Embedder) -> SqlVectorStore:
    return SqlVectorStore(knowledge.database, embedder, knowledge.settings)


@pytest.fixture
def index(store: SqlVectorStore, embedder: Embedder) -> VectorStoreIndex:
    return VectorStoreIndex.from_vector_store(store, embed_model=embedder)


def paths(knowledge: Knowledge) -> set[str]:
    return {p.path for p in knowledge.retriever.find("the", top_k=50).passages}


def lamp_and_roof() -> list[Document]:
    return [Document(text=LAMP, doc_id="lamp"), Document(text=ROOF, doc_id="roof")]


@pytest.mark.parametrize("mode", ["default", "text_search", "hybrid"])
def test_every_mode_finds_the_folders_passages(index: VectorStoreIndex, mode: str) -> None:
    retriever = index.as_retriever(vector_store_query_mode=mode, similarity_top_k=2)

    found = retriever.retrieve("Which card opens the night door?")

    assert "green card" in found[0].get_content()
    assert found[0].node.ref_doc_id == "keys.md"
    assert [node.score for node in found] == sorted((n.score for n in found), reverse=True)
    assert len(found) <= 2


def test_the_hybrid_mode_scores_as_the_retriever_does(
    index: VectorStoreIndex, knowledge: Knowledge
) -> None:
    question = "How much vacation is there?"
    retriever = index.as_retriever(vector_store_query_mode="hybrid", similarity_top_k=6)

    ours = {str(p.passage_id): p.score for p in knowledge.retriever.find(question).passages}
    theirs = {node.node_id: node.score for node in retriever.retrieve(question)}

    # Neighbours are one piece of evidence there, with the id and the score of the best.
    assert ours == pytest.approx({key: theirs[key] for key in ours}, abs=0.01)
    assert len(theirs) >= 3


def test_alpha_sets_the_share_of_meaning(index: VectorStoreIndex) -> None:
    words_only = index.as_retriever(vector_store_query_mode="hybrid", alpha=0.0)

    assert [n.node.ref_doc_id for n in words_only.retrieve("vacation, guard")] == ["keys.md"]


def test_a_text_search_finds_only_what_holds_a_word(index: VectorStoreIndex) -> None:
    retriever = index.as_retriever(vector_store_query_mode="text_search", similarity_top_k=9)

    assert [n.node.ref_doc_id for n in retriever.retrieve("guard")] == ["keys.md"]
    assert retriever.retrieve("zebra") == []


def test_the_default_mode_scores_by_cosine(store: SqlVectorStore, embedder: Embedder) -> None:
    vector = embedder.get_query_embedding("Which card opens the night door?")

    result = store.query(VectorStoreQuery(query_embedding=vector, similarity_top_k=1))

    assert result.similarities is not None
    assert 0.4 < result.similarities[0] < 0.99


def test_added_documents_are_found_beside_the_folders(
    index: VectorStoreIndex, knowledge: Knowledge
) -> None:
    index.insert_nodes(
        [node for d in lamp_and_roof() for node in [TextNode(text=d.text, id_=d.doc_id)]]
    )

    best = knowledge.retriever.find("When is the roof terrace closed?").passages[0]
    assert best.text == ROOF
    assert paths(knowledge) == {*HANDBOOK, "lamp", "roof"}
    assert knowledge.status().in_step


def test_the_nodes_of_a_document_stand_in_it(index: VectorStoreIndex, knowledge: Knowledge) -> None:
    index.insert(Document(text=LAMP, doc_id="lamp", metadata={"title": "Lamps"}))
    found = knowledge.retriever.find("Who switches off the lamp?").passages[0]
    document = knowledge.document("lamp")

    assert document is not None
    assert document.text[found.start : found.end] == found.text == LAMP
    assert found.title == "Lamps"


def test_later_nodes_join_the_earlier_ones_of_their_document(
    store: SqlVectorStore, knowledge: Knowledge, embedder: Embedder
) -> None:
    def node(text: str) -> TextNode:
        source = Document(text=text, doc_id="house").as_related_node_info()
        made = TextNode(text=text, embedding=embedder.get_text_embedding(text))
        made.relationships = {"1": source}
        return made

    lamp = node(LAMP)
    store.add([lamp])
    store.add([node(ROOF), lamp])
    document = knowledge.document("house")

    assert document is not None
    assert document.text == f"{LAMP}\n\n{ROOF}"
    assert knowledge.status().documents == len(HANDBOOK) + 1


def test_a_deleted_document_is_gone_and_the_others_stay(
    index: VectorStoreIndex, knowledge: Knowledge
) -> None:
    [index.insert(document) for document in lamp_and_roof()]
    index.delete_ref_doc("lamp")

    assert paths(knowledge) == {*HANDBOOK, "roof"}


def test_the_folders_documents_cannot_be_deleted(
    store: SqlVectorStore, knowledge: Knowledge
) -> None:
    store.delete("keys.md")

    assert paths(knowledge) == set(HANDBOOK)


def test_a_reindex_of_the_folder_keeps_what_was_added(
    index: VectorStoreIndex, knowledge: Knowledge, folder: Folder
) -> None:
    [index.insert(document) for document in lamp_and_roof()]
    folder.remove("keys.md")
    report = knowledge.reindex()

    assert (report.total("removed"), report.total("unchanged")) == (1, len(HANDBOOK) - 1)
    assert paths(knowledge) == {*HANDBOOK, "lamp", "roof"} - {"keys.md"}


def test_a_store_may_be_the_first_to_fill_the_knowledge_base(
    database: Database, embedder: Embedder
) -> None:
    store = SqlVectorStore(database, embedder)
    index = VectorStoreIndex.from_vector_store(store, embed_model=embedder)
    index.insert(Document(text=LAMP, doc_id="lamp"))

    [found] = index.as_retriever().retrieve("When does the lamp go off?")

    assert found.get_content() == LAMP


def test_a_half_done_reindex_does_not_go_live_with_an_added_node(
    index: VectorStoreIndex, knowledge: Knowledge, folder: Folder
) -> None:
    def kill(step: Progress) -> None:
        assert step.stage != "switching", "killed"

    folder.write({"keys.md": "# Keys\n\nThe blue card opens the night door."})
    with pytest.raises(AssertionError, match="killed"):
        knowledge.reindex(progress=kill)
    index.insert(Document(text=LAMP, doc_id="lamp"))

    texts = [p.text for p in knowledge.retriever.find("card").passages if p.path == "keys.md"]
    assert len(texts) == 1
    assert "green card" in texts[0]


def test_nothing_is_added_during_a_reindex(index: VectorStoreIndex, knowledge: Knowledge) -> None:
    assert REINDEX == REINDEX_OF_THE_BOT
    jobs.claim(knowledge.database, REINDEX, "another process")

    with pytest.raises(jobs.JobIsRunning):
        index.insert(Document(text=LAMP, doc_id="lamp"))
    assert paths(knowledge) == set(HANDBOOK)


def test_changed_settings_want_a_reindex_first(knowledge: Knowledge, embedder: Embedder) -> None:
    changed = knowledge.settings.model_copy(update={"passage_tokens": 100})

    with pytest.raises(KnowledgeUnusable, match="other settings: reindex it"):
        SqlVectorStore(knowledge.database, embedder, changed).delete("lamp")


def test_a_node_of_another_model_is_refused(store: SqlVectorStore, knowledge: Knowledge) -> None:
    with pytest.raises(ValueError, match="no vector of 384 numbers"):
        store.add([TextNode(text=LAMP, embedding=[1.0, 0.0])])
    assert paths(knowledge) == set(HANDBOOK)


@pytest.mark.parametrize(
    "query",
    [
        VectorStoreQuery(filters=MetadataFilters(filters=[MetadataFilter(key="a", value="b")])),
        VectorStoreQuery(doc_ids=["lamp"]),
        VectorStoreQuery(node_ids=["1"]),
    ],
)
def test_filters_are_refused_and_not_ignored(
    store: SqlVectorStore, query: VectorStoreQuery
) -> None:
    with pytest.raises(ValueError, match="filters, doc_ids and node_ids are not supported"):
        store.query(query)


def test_a_mode_that_is_not_there_is_refused(store: SqlVectorStore) -> None:
    with pytest.raises(ValueError, match="mode mmr is not supported; choose one of default"):
        store.query(VectorStoreQuery(query_str="card", mode=VectorStoreQueryMode.MMR))
