"""A repository as a source of the knowledge base: what a reindex reads, keeps and reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Database
from knowledge.base import Knowledge, build_knowledge
from knowledge.report import SourceReport
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .conftest import CountingEmbedder, Folder
from .test_git import Repository, make_repository, settings


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    card, door, same = "# Card\n\nThe green card.", "# Door\n\nThe night door.", "The same."
    made.commit({"card.md": card, "door.md": door, "same.md": same})
    return made


@pytest.fixture
def knowledge(
    database: Database,
    folder: Folder,
    counting: CountingEmbedder,
    repository: Repository,
    tmp_path: Path,
) -> Knowledge:
    """Over a folder and a repository."""
    sources = (FolderSettings(name="notes", path=folder.root), settings(repository.root))
    documents = KnowledgeSettings(documents=folder.root)
    return build_knowledge(database, counting, documents, sources, tmp_path / "cache")


def texts(knowledge: Knowledge) -> dict[str, str]:
    found = knowledge.retriever.find("the", top_k=50).passages
    return {f"{passage.source}/{passage.path}": passage.text for passage in found}


def of_repository(sources: tuple[SourceReport, ...]) -> SourceReport:
    return next(source for source in sources if source.name == "repo")


def test_only_what_changed_in_the_repository_is_read_again(
    knowledge: Knowledge, repository: Repository, counting: CountingEmbedder
) -> None:
    knowledge.reindex()
    counting.texts.clear()
    repository.git("mv", "door.md", "gate.md")
    repository.commit({"card.md": "# Card\n\nThe blue card.", "cafe.md": "# Café\n\nThe café."})

    report = of_repository(knowledge.reindex().sources)

    assert (report.added, report.changed, report.moved, report.removed) == (1, 1, 1, 0)
    assert report.unchanged == 1
    assert sorted(counting.texts) == ["Café", "Card", "The blue card.", "The café."]
    assert texts(knowledge) == {
        "repo/card.md": "The blue card.",
        "repo/gate.md": "The night door.",
        "repo/cafe.md": "The café.",
        "repo/same.md": "The same.",
    }


def test_a_commit_that_changes_no_document_reads_none(
    knowledge: Knowledge, repository: Repository, counting: CountingEmbedder
) -> None:
    version = knowledge.reindex().version
    counting.texts.clear()
    repository.commit({"main.py": "print()"})

    report = of_repository(knowledge.reindex().sources)

    assert (report.unchanged, report.passages, counting.texts) == (3, 0, [])
    assert knowledge.status().version == version


def test_while_the_repository_is_down_its_passages_stay_and_other_sources_go_on(
    knowledge: Knowledge, repository: Repository, folder: Folder
) -> None:
    knowledge.reindex()
    repository.root.rename(repository.root.with_name("away"))
    folder.write({"cafe.md": "The café."})

    report = knowledge.reindex()

    assert "There is no git repository at" in str(of_repository(report.sources).error)
    assert report.total("added") == 1
    assert texts(knowledge) == {
        "repo/card.md": "The green card.",
        "repo/door.md": "The night door.",
        "repo/same.md": "The same.",
        "notes/cafe.md": "The café.",
    }
