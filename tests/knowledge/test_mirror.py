"""Another of llama-index's vector stores searches by meaning; the database stays the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import versions
from db.engine import Database
from knowledge.audience import Reader
from knowledge.base import Knowledge, build_knowledge
from knowledge.errors import KnowledgeUnusable
from knowledge.mirror import Mirror, open_store
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .conftest import CountingEmbedder, Folder

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")

FILES = {f"{name}.md": f"The {name} is in the cellar." for name in ("lamp", "card", "door", "bell")}


@pytest.fixture
def qdrant(tmp_path: Path) -> dict[str, Any]:
    """A setting that names Qdrant, in a folder of the test."""
    return {
        "class": "llama_index.vector_stores.qdrant.QdrantVectorStore",
        "collection_name": "lorebot",
        "client": {"class": "qdrant_client.QdrantClient", "path": str(tmp_path / "qdrant")},
    }


@pytest.fixture
def mirrored(
    database: Database, counting: CountingEmbedder, folder: Folder, qdrant: dict[str, Any]
) -> Iterator[Knowledge]:
    settings = KnowledgeSettings(documents=folder.root, vector_store=qdrant)
    folder.write(FILES)
    knowledge = build_knowledge(database, counting, settings)
    yield knowledge
    knowledge.mirror._store.client.close()


def found(knowledge: Knowledge, question: str, reader: Reader | None = None) -> list[str]:
    passages = knowledge.retriever.find(question, 10, reader).passages
    return [passage.path for passage in passages]


def counted(knowledge: Knowledge) -> int:
    return knowledge.mirror._store.client.count("lorebot").count


def test_the_other_store_finds_what_the_database_finds(
    mirrored: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    mirrored.reindex()
    plain = build_knowledge(mirrored.database, counting, KnowledgeSettings(documents=folder.root))
    theirs = mirrored.retriever.find("the lamp of the cellar", 10).passages
    ours = plain.retriever.find("the lamp of the cellar", 10).passages

    assert counted(mirrored) == len(FILES)
    assert [passage.path for passage in theirs] == [passage.path for passage in ours]
    assert [p.dense_score for p in theirs] == pytest.approx([p.dense_score for p in ours], abs=1e-3)


def test_changed_and_removed_documents_leave_the_other_store_too(
    mirrored: Knowledge, folder: Folder
) -> None:
    mirrored.reindex()
    folder.remove("lamp.md")
    folder.write({"card.md": "The card is on the roof.", "new.md": "The new one."})
    mirrored.reindex()

    assert counted(mirrored) == len(FILES)
    assert set(found(mirrored, "the lamp in the cellar")) == {
        "bell.md",
        "card.md",
        "door.md",
        "new.md",
    }
    assert found(mirrored, "roof")[0] == "card.md"


def test_what_the_other_store_has_too_much_is_never_shown(
    mirrored: Knowledge, folder: Folder
) -> None:
    mirrored.reindex()
    with mirrored.database.reading() as session:
        [lamp] = [d for d in versions.known_documents(session, 0) if d.path == "lamp.md"]
    versions.discard_documents(mirrored.database, [lamp.id])

    assert counted(mirrored) == len(FILES)
    assert "lamp.md" not in found(mirrored, "the lamp")


def test_the_audience_is_held_to_in_the_other_store(
    database: Database,
    counting: CountingEmbedder,
    folder: Folder,
    tmp_path: Path,
    qdrant: dict[str, Any],
) -> None:
    folder.write(FILES)
    (tmp_path / "secret").mkdir()
    Folder(tmp_path / "secret").write({"safe.md": "The lamp of the safe."})
    sources = [
        FolderSettings(name="open", path=folder.root),
        FolderSettings(name="secret", path=tmp_path / "secret", audience=("C01",)),
    ]
    settings = KnowledgeSettings(vector_store=qdrant)
    knowledge = build_knowledge(database, counting, settings, sources, tmp_path)
    knowledge.reindex()

    assert "safe.md" in found(knowledge, "the lamp", Reader(channel="C01"))
    assert "safe.md" not in found(knowledge, "the lamp", Reader(channel="C02"))
    assert isinstance(knowledge.mirror, Mirror)
    knowledge.mirror._store.client.close()


def test_a_store_that_is_set_later_asks_for_a_reindex(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder, qdrant: dict[str, Any]
) -> None:
    folder.write(FILES)
    tiny.reindex()
    changed = tiny.settings.model_copy(update={"vector_store": qdrant})
    knowledge = build_knowledge(tiny.database, counting, changed)

    before = knowledge.status().in_step
    knowledge.reindex()

    assert (before, knowledge.status().in_step) == (False, True)
    assert counted(knowledge) == len(FILES)
    knowledge.mirror._store.client.close()


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"class": "no.such.Store"}, "no.such.Store"),
        ({"class": "pathlib.Path"}, "no vector store of llama-index"),
        ({"class": "Store"}, "cannot be used"),
        ({}, "cannot be used"),
        ({"class": "qdrant_client.QdrantClient", "paths": "a"}, "QdrantClient"),
    ],
)
def test_a_store_that_cannot_be_used_is_named(description: dict[str, Any], message: str) -> None:
    with pytest.raises(KnowledgeUnusable, match=message):
        open_store(description)
